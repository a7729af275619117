import { type FileHandle, open } from "node:fs/promises";
import { TracingError } from "../errors.ts";
import { encodeTracesJson } from "../otlp/json-encoder.ts";
import type { FinishedSpan, FinishedSpanExporter, SpanExportResult } from "../types.ts";

/** Appends batches to a file, one OTLP JSON object per line: the form that the Collector's file receiver reads. */
export class FileExporter implements FinishedSpanExporter {
  readonly #path: string;
  #file: Promise<FileHandle> | undefined;
  #writes: Promise<unknown> = Promise.resolve();
  /** The file ends in the middle of a line. */
  #torn = false;
  #closed = false;

  /** The file is opened at the first export. */
  constructor(path: string) {
    if (typeof path !== "string" || path === "") throw new TypeError(`path must be a non-empty string, got ${path}`);
    this.#path = path;
  }

  export(spans: FinishedSpan[], resultCallback: (result: SpanExportResult) => void): void {
    const write = this.#writes.then(() => this.#append(spans));
    this.#writes = write.catch(() => {});
    write.then(
      () => resultCallback({ code: 0 }),
      (cause: unknown) =>
        resultCallback({ code: 1, error: new TracingError("unusable", `${this.#path} cannot be written`, { cause }) }),
    );
  }

  async forceFlush(): Promise<void> {
    await this.#writes;
  }

  async shutdown(): Promise<void> {
    this.#closed = true;
    await this.#writes;
    const file = await this.#file?.catch(() => undefined);
    this.#file = undefined;
    await file?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #append(spans: readonly FinishedSpan[]): Promise<void> {
    if (this.#closed) throw new TracingError("closed", "The exporter is shut down");
    this.#file ??= open(this.#path, "a");
    const file = await this.#file.catch((error: unknown) => {
      this.#file = undefined;
      throw error;
    });
    await this.#write(file, Buffer.from(`${this.#torn ? "\n" : ""}${encodeTracesJson(spans)}\n`));
  }

  /** A full disk may take a part of the line. The next batch then begins a line of its own. */
  async #write(file: FileHandle, line: Buffer): Promise<void> {
    for (let written = 0; written < line.length; ) {
      const { bytesWritten } = await file.write(line, written);
      written += bytesWritten;
      this.#torn = written < line.length;
    }
  }
}
