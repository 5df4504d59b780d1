/** One account per e-mail address. */
import type { Decider, Decision, Instant } from '../../decider.ts';
import { reject } from '../../rejection.ts';
import { unreachable } from '../../unreachable.ts';
import type { EmailEvent } from '../events.ts';
import type { EmailCommand } from './commands.ts';
import { type EmailState, evolveEmail, initialEmail } from './state.ts';

export const emailDecider: Decider<EmailState, EmailCommand, EmailEvent> = {
  category: 'email',
  stateVersion: 1,
  initialState: initialEmail,
  evolve: evolveEmail,
  decide,
};

function decide(command: EmailCommand, state: EmailState, now: Instant): Decision<EmailEvent> {
  switch (command.type) {
    case 'ClaimEmail':
      return claim(command, state, now);
    case 'ReleaseEmail': {
      const { emailKey, userId } = command;
      const holds = state.status === 'claimed' && state.userId === userId;
      return holds ? [{ type: 'EmailReleased', data: { emailKey, userId } }] : [];
    }
    default:
      return unreachable(command);
  }
}

/** A claim that ran out may be taken over only from the holder that the caller checked: meanwhile it may be another. */
function claim(
  { emailKey, userId, validUntil, takeOverFrom }: Extract<EmailCommand, { type: 'ClaimEmail' }>,
  state: EmailState,
  now: Instant,
): Decision<EmailEvent> {
  if (state.status === 'claimed') {
    if (state.userId === userId) return [];
    const free = takeOverFrom === state.userId && now > state.validUntil;
    if (!free) return reject('email_taken', 'There is an account with this address: log in, or use another address.');
  }
  return [{ type: 'EmailClaimed', data: { emailKey, userId, validUntil } }];
}
