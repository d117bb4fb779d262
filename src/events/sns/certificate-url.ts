/** Where a signing certificate may come from: SNS of the topic's own region, and nowhere else. */

const PATH = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/
const ARN =
  /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]{1,40}):\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/

/** The region of a topic, or null when it is no topic's ARN. */
export const regionOf = (topicArn: string): string | null => ARN.exec(topicArn)?.[2] ?? null

/**
 * The URL to fetch, or null. The host is compared whole, on the parsed URL: substrings and
 * patterns have let attackers host their own certificates.
 * @param topicArn one that is configured, never only what the message says.
 */
export function certificateUrl(text: string, topicArn: string): URL | null {
  const region = regionOf(topicArn)
  // A URL that has to be normalised first is not one that SNS sends.
  if (region === null || !URL.canParse(text) || new URL(text).href !== text) return null
  const url = new URL(text)
  const hosts = [`sns.${region}.amazonaws.com`, `sns.${region}.amazonaws.com.cn`]
  const isPlain = url.port === '' && url.username === '' && url.password === '' && url.hash === ''
  const isSns = url.protocol === 'https:' && hosts.includes(url.hostname)
  return isPlain && isSns && url.search === '' && PATH.test(url.pathname) ? url : null
}
