/** The copy cannot be made, or cannot go on; what to do is said. */
export class CopyRefused extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'CopyRefused';
  }
}
