/** What became of the spans of one request. The others of the batch failed. */
export interface ExportCounts {
  readonly accepted: number;
  /** Refused by the receiver although it took the request. */
  readonly rejected: number;
}

/** A closed batch that can be exported once and must then be released. */
export interface PendingBatch {
  readonly spans: number;
  readonly sizeBytes: number;
  /** Resolves with the bytes that it keeps once it may be exported; `undefined`: at once. */
  readonly ready: Promise<number> | undefined;
  export(signal: AbortSignal): Promise<ExportCounts>;
  release(): void;
}
