/** `Souk-Position`: a position with the log it belongs to, as clients see and send it. */
import type { LogIdentity, Position } from './port.ts';

const PATTERN = /^([\da-f]{8})-(\d{1,9})-([\da-zA-Z_.~]{1,64})$/;

/** What a token says: a position of this log, one of another log or epoch, or nothing that is a token. */
export type ParsedToken =
  | { readonly kind: 'position'; readonly position: Position }
  | { readonly kind: 'other-log' }
  | { readonly kind: 'malformed' };

/** `<first 8 of logId>-<epoch>-<position>`. */
export function formatToken(identity: LogIdentity, position: Position): string {
  return `${identity.logId.slice(0, 8)}-${identity.epoch}-${position}`;
}

/** Reads a token a client sent. Waiting for a position of another log would never end, or end too early. */
export function parseToken(identity: LogIdentity, token: string): ParsedToken {
  const [, log, epoch, position] = PATTERN.exec(token) ?? [];
  if (log === undefined || position === undefined) return { kind: 'malformed' };
  if (log !== identity.logId.slice(0, 8) || Number(epoch) !== identity.epoch) return { kind: 'other-log' };
  return { kind: 'position', position: position as Position };
}
