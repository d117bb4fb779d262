/** The variables that only `berth doctor` reads. */

import { z } from 'zod'

const optional = z.string().min(1).optional()

export const DOCTOR_VARIABLES = {
  S3_ADMIN_ACCESS_KEY_ID: optional,
  S3_ADMIN_SECRET_ACCESS_KEY: optional,
}
