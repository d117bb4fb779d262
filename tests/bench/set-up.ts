import { beforeAll } from '@jest/globals'
import { quietDisk } from './quiet-disk.ts'

beforeAll(quietDisk, 120_000)
