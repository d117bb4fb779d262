/** What every database behind the store promises; SQLite and PostgreSQL pass the same list. */

import { afterAll, afterEach, beforeAll, beforeEach, describe } from '@jest/globals'
import { createFixture, type Databases } from './store-fixture.ts'
import { describeCallers } from './store-callers.ts'
import { describeConsole } from './store-console.ts'
import { describeLists } from './store-lists.ts'
import { describeParts } from './store-parts.ts'
import { describeSchema } from './store-schema.ts'
import { describeWebhooks } from './store-webhooks.ts'
import { describeWrites } from './store-writes.ts'

export function describeStoreContract(name: string, open: () => Promise<Databases>): void {
  describe(`the store on ${name}`, () => {
    const fixture = createFixture(open)
    beforeAll(() => fixture.newUrl(), 60_000)
    afterAll(() => fixture.close())
    beforeEach(() => fixture.begin())
    afterEach(() => fixture.end())

    describeSchema(fixture)
    describeWrites(fixture)
    describeLists(fixture)
    describeCallers(fixture)
    describeParts(fixture)
    describeWebhooks(fixture)
    describeConsole(fixture)
  })
}
