/** One account per e-mail address. */
import { describe, it } from '@jest/globals';
import { given } from '../../testing/given.ts';
import { id } from '../../testing/samples.ts';
import type { EmailEvent } from '../events.ts';
import type { EmailCommand } from './commands.ts';
import { emailDecider } from './decide.ts';

const emailKey = 'key';
const validUntil = '2026-03-01T12:05:00.000Z';
const ranOut = '2026-03-01T12:05:00.001Z';
const [ann, bob, eve] = [id(1), id(2), id(3)];
const claim = (userId: string, takeOverFrom?: string): EmailCommand => ({
  type: 'ClaimEmail',
  emailKey,
  userId,
  validUntil,
  takeOverFrom,
});
const claimed = (userId: string): EmailEvent => ({ type: 'EmailClaimed', data: { emailKey, userId, validUntil } });
const released = (userId: string): EmailEvent => ({ type: 'EmailReleased', data: { emailKey, userId } });
const release = (userId: string): EmailCommand => ({ type: 'ReleaseEmail', emailKey, userId });

describe('claiming an address', () => {
  it('takes a free one', () => given(emailDecider).when(claim(ann)).gives(claimed(ann)));
  it('changes nothing for its holder', () =>
    given(emailDecider, [claimed(ann)])
      .when(claim(ann))
      .changesNothing());
  it('is refused to others', () =>
    given(emailDecider, [claimed(ann)])
      .when(claim(bob))
      .isRefused('email_taken'));
  it('is refused to others also when the claim ran out, unless its holder was given up', () =>
    given(emailDecider, [claimed(ann)])
      .when(claim(bob), ranOut)
      .isRefused('email_taken'));
  it('takes over from the named holder whose claim ran out', () =>
    given(emailDecider, [claimed(ann)])
      .when(claim(bob, ann), ranOut)
      .gives(claimed(bob)));
  it('does not take over at the last moment of a claim', () =>
    given(emailDecider, [claimed(ann)])
      .when(claim(bob, ann), validUntil)
      .isRefused('email_taken'));
  it('does not take over from somebody who came in between', () =>
    given(emailDecider, [claimed(ann), claimed(eve)])
      .when(claim(bob, ann), ranOut)
      .isRefused('email_taken'));
  it('takes one that was given up', () =>
    given(emailDecider, [claimed(ann), released(ann)])
      .when(claim(bob))
      .gives(claimed(bob)));
});

describe('giving an address up', () => {
  it('frees it', () =>
    given(emailDecider, [claimed(ann)])
      .when(release(ann))
      .gives(released(ann)));
  it('changes nothing for others', () =>
    given(emailDecider, [claimed(ann)])
      .when(release(bob))
      .changesNothing());
  it('changes nothing where it is free', () => given(emailDecider).when(release(ann)).changesNothing());
});
