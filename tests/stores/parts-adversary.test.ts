import { describePartsAdversary } from '../contract/parts-adversary.ts'
import { startMinio, startVersitygw } from './servers.ts'

describePartsAdversary('MinIO', () => startMinio(null))
describePartsAdversary('versitygw', () => startVersitygw(null))
