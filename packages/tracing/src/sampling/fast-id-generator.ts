import { randomFillSync } from "node:crypto";

const blockBytes = 4_096;
const traceIdDigits = 32;
const spanIdDigits = 16;

/**
 * Trace and span ids from the system's secure random source. A block is drawn and written in hexadecimal at once, and ids
 * are cut from that text: several times faster than one call each. All bits are random, as consistent sampling needs. An id
 * that is kept for long keeps its block of 8 kB, which it shares with its 170 neighbours.
 */
export class FastIdGenerator {
  readonly #block = Buffer.allocUnsafeSlow(blockBytes);
  #digits = "";
  #used = 0;

  /** 32 hexadecimal digits, never all zero. */
  generateTraceId(): string {
    return this.#cut(traceIdDigits);
  }

  /** 16 hexadecimal digits, never all zero. */
  generateSpanId(): string {
    return this.#cut(spanIdDigits);
  }

  #cut(digits: number): string {
    if (this.#used + digits > this.#digits.length) {
      this.#digits = randomFillSync(this.#block).toString("hex");
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += digits;
    const id = this.#digits.slice(start, this.#used);
    return isZero(id) ? this.#cut(digits) : id;
  }
}

/** The first digit tells for fifteen of sixteen ids; only the others are read on. */
const isZero = (id: string): boolean => id.charCodeAt(0) === 48 && /^0+$/.test(id);
