/** Numbers of lines. Asked for places in about the order of the text, it counts each line once. */
export class Lines {
  private line = 1;
  private start = 0;

  constructor(private readonly text: string) {}

  /** Number of the line, from 1, that an index of the text is in. */
  at(index: number): number {
    if (index < this.start) {
      this.line = 1;
      this.start = 0;
    }
    let next = this.text.indexOf('\n', this.start);
    while (next >= 0 && next < index) {
      this.line++;
      this.start = next + 1;
      next = this.text.indexOf('\n', this.start);
    }
    return this.line;
  }
}
