/** An e-mail address as it comes in: trimmed and in lower case. */
import { z } from 'zod';
import { text } from '../domain/text.ts';

export const emailSchema = text(254)
  .trim()
  .toLowerCase()
  .regex(z.regexes.email, { error: 'must be an e-mail address such as anna@example.com' });
