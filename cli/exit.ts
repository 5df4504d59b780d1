/** How the command ends: the exit codes that scripts rely on, and the errors that carry them. */

export const EXIT = {
  /** Done, and what was checked holds. */
  done: 0,
  /** It does not hold, or some lines were refused. */
  refused: 1,
  /** Wrong usage. */
  usage: 2,
  /** An engine cannot be reached. */
  unreachable: 3,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

/** Ends the command with a code and one line on stderr. */
export class CommandFailed extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.name = 'CommandFailed';
    this.exitCode = exitCode;
  }
}
