/** Passwords: argon2id by OWASP's parameters, a few at a time so that logins cannot starve everything else. */
import { hash, verify } from '@node-rs/argon2';
import { createTurns } from './turns.ts';

// OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

// Each takes a core for some 30 ms. Of libuv's four threads two stay free for files and names; without the bound a
// burst of logins takes all four, and nothing else moves until it is over.
const inTurn = createTurns(2);

/** PHC string of argon2id; text is normalised (NFKC), so that the same password typed elsewhere is the same. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password.normalize('NFKC'), PARAMETERS));
}

/** Whether the password is the one that was hashed. */
export function verifyPassword(stored: string, password: string): Promise<boolean> {
  return inTurn(() => verify(stored, password.normalize('NFKC')));
}
