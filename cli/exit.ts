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

/** What a person is told of an error: Node's of a name with several addresses carries only a code. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}

const LOST =
  /^(ECONN(REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|E(HOST|NET)UNREACH|08...|57P0.|53300|28...|3D000)$/;
/** Errors of `pg` that have words instead of a code. */
const LOST_IN_WORDS =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection/;

/** Whether an error, or what caused it, says that an engine is away, or does not let us in. */
export function isLostEngine(error: unknown): boolean {
  const { code, name, message, cause } = error as { code?: string; name?: string; message?: string; cause?: unknown };
  if (LOST.test(code ?? '') || LOST_IN_WORDS.test(message ?? '')) return true;
  if (name === 'LogUnavailable' || name === 'OutcomeUnknown') return true;
  return cause !== undefined && isLostEngine(cause);
}
