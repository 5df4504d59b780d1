/** What can be asked of a seller account. */

export type SellerCommand =
  | {
      readonly type: 'ApplyAsSeller';
      readonly sellerId: string;
      readonly userId: string;
      readonly name: string;
      readonly description?: string | undefined;
      /** ISO 3166-1 alpha-2. */
      readonly country?: string | undefined;
    }
  /** Approves an application, or lifts a suspension. */
  | { readonly type: 'ApproveSeller'; readonly sellerId: string }
  | { readonly type: 'SuspendSeller'; readonly sellerId: string; readonly reason?: string | undefined }
  /** Only what is given changes; the slug follows the name. */
  | {
      readonly type: 'ChangeShopProfile';
      readonly sellerId: string;
      readonly name?: string | undefined;
      readonly description?: string | undefined;
      readonly country?: string | undefined;
    };
