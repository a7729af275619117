import { randomFillSync } from "node:crypto";

const poolBytes = 4_096;
const traceIdBytes = 16;
const spanIdBytes = 8;

/** Trace and span ids from the system's secure random source, drawn in blocks. All bits of an id are random, as consistent sampling needs. */
export class FastIdGenerator {
  readonly #pool = Buffer.allocUnsafeSlow(poolBytes);
  #used = poolBytes;

  /** 32 hexadecimal digits, never all zero. */
  generateTraceId(): string {
    return this.#draw(traceIdBytes);
  }

  /** 16 hexadecimal digits, never all zero. */
  generateSpanId(): string {
    return this.#draw(spanIdBytes);
  }

  #draw(sizeBytes: number): string {
    if (this.#used + sizeBytes > poolBytes) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += sizeBytes;
    const id = this.#pool.toString("hex", start, this.#used);
    return isZero(id) ? this.#draw(sizeBytes) : id;
  }
}

/** The first digit tells for fifteen of sixteen ids; only the others are read on. */
const isZero = (id: string): boolean => id.charCodeAt(0) === 48 && /^0+$/.test(id);
