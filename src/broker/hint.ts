/** What an event may say that Berth listens to: which object, and whether it came or went. */

export type EventSource = 's3' | 'sns' | 'eventbridge' | 'sqs'

export type Hint = {
  bucket: string
  key: string
  kind: 'created' | 'removed'
  source: EventSource
}

/**
 * Hints in one stored event. Empty: nothing for us (a ping, a test event, another product's).
 * Null: it cannot be read as an event at all, and is kept as poison.
 */
export type ParseEvent = (source: EventSource, body: string) => Hint[] | null
