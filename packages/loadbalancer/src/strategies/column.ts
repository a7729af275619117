/** One double per slot. It grows by doubling; a slot that was never set is 0. */
export class Column {
  values: Float64Array = new Float64Array(16);

  set(slot: number, value: number): void {
    if (slot >= this.values.length) {
      const grown = new Float64Array(Math.max(slot + 1, 2 * this.values.length));
      grown.set(this.values);
      this.values = grown;
    }
    this.values[slot] = value;
  }
}
