/** What no log line and no error body may hold. */

const SHAPES = {
  'a signature': /X-Amz-Signature=[0-9a-f]{8,}/i,
  'a webhook secret': /whsec_[A-Za-z0-9+/=_-]{8,}/,
  'an API key': /berth_[A-Za-z0-9]{4,}_[A-Za-z0-9_-]{16,}/,
  'a token': /eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}/,
  'a credential': /\b(bearer|basic) +[A-Za-z0-9+/=_.-]{12,}/i,
  'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
}

/**
 * @param {string} line
 * @param {Iterable<string>} secrets values that the tests themselves use
 * @returns {string[]} what is in the line, by name
 */
export function secretsIn(line, secrets) {
  const shapes = Object.entries(SHAPES).filter(([, shape]) => shape.test(line))
  const values = [...secrets].filter((secret) => line.includes(secret))
  return [...shapes.map(([name]) => name), ...values.map(() => 'a secret of the tests')]
}
