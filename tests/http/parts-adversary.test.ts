import { describePartsAdversary } from '../contract/parts-adversary.ts'
import { startEmbedded } from '../support/embedded.ts'

describePartsAdversary('the embedded store', () => startEmbedded({ port: 0, eventsUrl: null }))
