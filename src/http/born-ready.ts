/**
 * Express gives every request and answer another prototype once it has them, and V8 then forgets
 * what it knew of their shape: that costs more than all the rest of Express. So the server makes
 * them with these prototypes from the beginning, and Express changes nothing.
 */

import { IncomingMessage, ServerResponse } from 'node:http'
import type { Express } from 'express'

/** For `createServer` of node:http. */
export type MessageClasses = {
  IncomingMessage: typeof IncomingMessage
  ServerResponse: typeof ServerResponse
}

/** Changes the application: its requests and answers are of the classes that this returns. */
export function bornReady(app: Express): MessageClasses {
  class Request extends IncomingMessage {}
  class Answer<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {}
  Object.setPrototypeOf(Request.prototype, app.request)
  Object.setPrototypeOf(Answer.prototype, app.response)
  app.request = Request.prototype as unknown as Express['request']
  app.response = Answer.prototype as unknown as Express['response']
  return { IncomingMessage: Request, ServerResponse: Answer }
}
