/** Records as they look in answers. A test holds them against the schemas. */

const SHA256 = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='
const id = 'upl_019a8f3c7b2e7c14a5d09be1f2c3d4e5'

export const PENDING = {
  id,
  state: 'pending',
  profile: 'default',
  filename: 'holiday.png',
  contentType: 'image/png',
  size: 123456,
  sha256: null,
  metadata: { orderId: '17' },
  subject: null,
  createdAt: '2026-11-21T12:00:00.000Z',
  updatedAt: '2026-11-21T12:00:00.000Z',
  landBy: '2026-11-21T12:32:00.000Z',
  version: 1,
  slot: {
    method: 'PUT',
    url: 'https://uploads.s3.eu-central-1.amazonaws.com/staging/upl_019a8f3c7b2e7c14a5d09be1f2c3d4e5/6f1c0a9be2d34f5780a1b2c3d4e5f607',
    headers: { 'content-type': 'image/png', 'if-none-match': '*' },
    expiresAt: '2026-11-21T12:15:00.000Z',
  },
  parts: null,
  guarantees: {
    size: 'storage',
    contentType: 'storage',
    sha256: 'verification',
    singleUse: 'storage',
  },
  object: null,
  rejection: null,
}

export const RECEIVED = { ...PENDING, state: 'received', version: 2, slot: null }

export const READY = {
  ...PENDING,
  state: 'ready',
  version: 4,
  updatedAt: '2026-11-21T12:00:03.210Z',
  slot: null,
  object: {
    bucket: 'uploads',
    key: `objects/${id}/6f1c0a9be2d34f5780a1b2c3d4e5f607`,
    versionId: null,
    size: 123456,
    contentType: 'image/png',
    sha256: SHA256,
    scan: 'off',
    verifiedAt: '2026-11-21T12:00:03.199Z',
  },
}

export const DELETED = {
  ...READY,
  state: 'deleted',
  version: 5,
  object: { ...READY.object, key: null },
}

export const DOWNLOAD = {
  url: `https://uploads.s3.eu-central-1.amazonaws.com/objects/${id}/6f1c0a9be2d34f5780a1b2c3d4e5f607`,
  expiresAt: '2026-11-21T12:15:00.000Z',
  filename: 'holiday.png',
  contentType: 'image/png',
  size: 123456,
  sha256: SHA256,
}

export const HISTORY = {
  history: [
    { version: 1, state: 'pending', at: '2026-11-21T12:00:00.000Z', cause: 'api', detail: null },
    { version: 2, state: 'received', at: '2026-11-21T12:00:02.904Z', cause: 'event', detail: null },
  ],
}

export const SIGNED_PARTS = {
  parts: [
    {
      partNumber: 1,
      method: 'PUT',
      url: `https://uploads.s3.eu-central-1.amazonaws.com/staging/${id}/6f1c0a9be2d34f5780a1b2c3d4e5f607?partNumber=1`,
      headers: {},
      size: 8_388_608,
      expiresAt: '2026-11-21T12:15:00.000Z',
    },
  ],
}

export const HELD_PARTS = {
  parts: [{ partNumber: 1, size: 8_388_608, etag: '"5d41402abc4b2a76b9719d911017c592"' }],
}
