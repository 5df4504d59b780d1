/** What the schemas of a listing let in. */
import { describe, expect, it } from '@jest/globals';
import { optionsSchema } from './events.ts';

describe('the options of a variant', () => {
  it.each(['$sealed', '$erased', '$', '  $price'])('have no name that begins with $, such as %j', (name) => {
    const result = optionsSchema.safeParse({ size: 'L', [name]: 'x' });
    expect(result.error?.issues).toMatchObject([{ path: [name.trim()], message: expect.stringContaining('$') }]);
  });

  it('may have $ anywhere else', () => {
    const options = { 'price in $': '$5', US$: 'yes' };
    expect(optionsSchema.parse(options)).toEqual(options);
  });
});
