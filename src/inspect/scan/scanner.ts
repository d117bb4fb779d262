/** What a malware scanner is to Berth. Anything but a plain "clean" is not clean. */

export type ScanVerdict =
  | { outcome: 'clean' }
  | { outcome: 'infected'; signature: string }
  /** Too large, too deep, encrypted: the scanner works, but could not judge. */
  | { outcome: 'unscannable'; reason: string }

/** One object on its way through the scanner. */
export type Scanning = {
  /** Resolves when the scanner can take more. */
  write: (chunk: Buffer) => Promise<void>
  /** The verdict over everything written. Rejects when there is none: that is a fault, never a verdict. */
  end: () => Promise<ScanVerdict>
  /** Ends it without a verdict. */
  abandon: () => void
}

export type Scanner = {
  begin: () => Promise<Scanning>
  /** Resolves when the scanner finds what it has to find and takes objects of this size. */
  check: (largestBytes: number) => Promise<void>
}
