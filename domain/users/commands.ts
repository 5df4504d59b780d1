/** What can be asked of an account. */
import type { Sealed } from '../sealed.ts';
import type { Role } from './events.ts';

export type UserCommand =
  /** Opens the account; the address must have been claimed for `userId` first. */
  | {
      readonly type: 'RegisterUser';
      readonly userId: string;
      readonly emailKey: string;
      readonly email: Sealed<string>;
      readonly name: Sealed<string>;
      readonly passwordHash: Sealed<string>;
    }
  /** The claim of the address ran out: this id must never become an account. Refused where it already is one. */
  | { readonly type: 'AbandonRegistration'; readonly userId: string; readonly emailKey: string }
  /** `phone: null` removes it. */
  | {
      readonly type: 'ChangeProfile';
      readonly userId: string;
      readonly name?: Sealed<string> | undefined;
      readonly phone?: Sealed<string> | null | undefined;
    }
  | { readonly type: 'GrantRole'; readonly userId: string; readonly role: Role }
  | { readonly type: 'RevokeRole'; readonly userId: string; readonly role: Role };
