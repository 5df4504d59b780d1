/**
 * Which columns of the read models hold plain personal data: what shows rows to people who need not know them, as
 * `souk sql` does, leaves these out.
 */

/** By table; a table that is not named has none. */
export const PERSONAL_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  users: ['email', 'name', 'phone'],
  orders: ['email', 'shipping_address'],
  // Where an operation came from: the network address of a person.
  audit: ['address'],
};
