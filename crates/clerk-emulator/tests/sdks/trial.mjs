// Calls every users operation of @clerk/backend against the emulator.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

import { totp } from './totp.mjs';

const { EMULATOR_URL: url, CLERK_SECRET_KEY: secretKey, SDKS: sdks } = process.env;
assert(url && secretKey && sdks, 'EMULATOR_URL, CLERK_SECRET_KEY and SDKS are required');
const { createClerkClient } = createRequire(resolve(sdks, 'trial.cjs'))('@clerk/backend');

const clerk = createClerkClient({ secretKey, apiUrl: url, telemetry: { disabled: true } });
const { users } = clerk;
const password = 'correct horse battery';
const totpSecret = 'JBSWY3DPEHPK3PXP';
const wallet = '0x71C7656EC7ab88b098defB751B7401B5f6d8976F';
let checks = 0;

function equal(actual, expected) {
  assert.deepEqual(actual, expected);
  checks += 1;
}

/** Asserts that a call fails with this status and error, and returns the error. */
async function rejected(call, status, code, paramName) {
  const error = await call.then(
    () => assert.fail(`expected ${status} ${code}`),
    error => error,
  );
  equal(error.clerkError, true);
  equal(error.status, status);
  equal(
    error.errors.map(detail => [detail.code, detail.meta?.paramName]),
    [[code, paramName]],
  );
  assert(error.errors[0].message && error.errors[0].longMessage, 'the message is missing');
  assert.match(error.clerkTraceId, /^[0-9a-f]{32}$/);
  return error;
}

/** Adds a resource that the API cannot create. */
async function seed(userId, kind, value, method = 'POST') {
  const response = await fetch(`${url}/__emulator/users/${userId}/${kind}`, {
    method,
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(value),
  });
  assert.equal(response.status, 200, await response.text());
}

const ada = await users.createUser({
  externalId: 'js-1',
  emailAddress: ['ada@js.example.com', 'kept@js.example.com'],
  emailAddressIdentificationStatus: ['verified', 'reserved'],
  phoneNumber: ['+15550100201'],
  web3Wallet: [wallet],
  username: 'ada_js',
  password,
  firstName: 'Ada',
  lastName: 'Lovelace',
  locale: 'en-GB',
  totpSecret,
  backupCodes: ['backup-one'],
  publicMetadata: { plan: 'pro', limits: { seatCount: 3, projects: 9 } },
  privateMetadata: { crm: 7 },
  legalAcceptedAt: new Date('2020-05-01T00:00:00Z'),
  createdAt: new Date('2020-05-02T00:00:00.125Z'),
});
equal(ada.constructor.name.endsWith('User'), true);
equal([ada.firstName, ada.lastName, ada.fullName, ada.username], ['Ada', 'Lovelace', 'Ada Lovelace', 'ada_js']);
equal([ada.externalId, ada.locale, ada.banned, ada.locked, ada.hasImage], ['js-1', 'en-GB', false, false, false]);
equal(
  ada.emailAddresses.map(email => [email.emailAddress, email.verification?.status]),
  [
    ['ada@js.example.com', 'verified'],
    ['kept@js.example.com', undefined],
  ],
);
equal(ada.primaryEmailAddress.emailAddress, 'ada@js.example.com');
equal(ada.primaryPhoneNumber.phoneNumber, '+15550100201');
equal(ada.primaryWeb3Wallet.web3Wallet, wallet);
equal([ada.passwordEnabled, ada.totpEnabled, ada.backupCodeEnabled, ada.twoFactorEnabled], [true, true, true, true]);
equal(ada.publicMetadata, { plan: 'pro', limits: { seatCount: 3, projects: 9 } });
equal(
  [ada.createdAt, ada.legalAcceptedAt],
  [Date.parse('2020-05-02T00:00:00.125Z'), Date.parse('2020-05-01T00:00:00Z')],
);
const grace = await users.createUser({ emailAddress: ['grace@js.example.com'] });

const ids = list => list.data.map(user => user.id);
const all = await users.getUserList({ orderBy: '+created_at', limit: 2 });
equal([all.data.length, all.totalCount >= 2], [2, true]);
const both = { userId: [ada.id, grace.id] };
equal(ids(await users.getUserList({ ...both, orderBy: '+created_at' })), [ada.id, grace.id]);
equal(ids(await users.getUserList(both)), [grace.id, ada.id]);
equal(ids(await users.getUserList({ ...both, limit: 1, offset: 1 })), [ada.id]);
equal(ids(await users.getUserList({ emailAddress: ['ada@js.example.com', 'grace@js.example.com'] })), [
  grace.id,
  ada.id,
]);
equal(ids(await users.getUserList({ phoneNumber: ['+15550100201'] })), [ada.id]);
equal(ids(await users.getUserList({ externalId: ['js-1'] })), [ada.id]);
equal(ids(await users.getUserList({ query: 'LOVELACE' })), [ada.id]);
equal(ids(await users.getUserList({ ...both, createdAtBefore: ada.createdAt + 1 })), [ada.id]);
equal(await users.getUserList({ username: ['unknown_user'] }), { data: [], totalCount: 0 });
equal(await users.getCount(both), 2);
equal((await users.getUser(ada.id)).raw, ada.raw);

equal((await users.updateUser(ada.id, {})).firstName, 'Ada');
const renamed = await users.updateUser(ada.id, {
  firstName: 'Augusta',
  lastName: null,
  primaryEmailAddressID: ada.primaryEmailAddressId,
  deleteSelfEnabled: false,
  createOrganizationsLimit: 4,
});
equal(
  [renamed.firstName, renamed.lastName, renamed.deleteSelfEnabled, renamed.createOrganizationsLimit],
  ['Augusta', null, false, 4],
);

const merged = await users.updateUserMetadata(ada.id, { publicMetadata: { limits: { seatCount: null, guests: [1] } } });
equal(merged.publicMetadata, { plan: 'pro', limits: { projects: 9, guests: [1] } });
equal(merged.privateMetadata, { crm: 7 });
const replaced = await users.replaceUserMetadata(ada.id, {
  publicMetadata: { limits: { guests: 1 } },
  unsafeMetadata: { theme: 'dark' },
});
equal(
  [replaced.publicMetadata, replaced.privateMetadata, replaced.unsafeMetadata],
  [{ limits: { guests: 1 } }, { crm: 7 }, { theme: 'dark' }],
);
// The SDK sends two requests for this call.
const split = await users.updateUser(ada.id, { firstName: 'Ada', publicMetadata: { plan: 'free' } });
equal([split.firstName, split.publicMetadata], ['Ada', { plan: 'free' }]);

equal((await users.verifyPassword({ userId: ada.id, password })).verified, true);
await rejected(users.verifyPassword({ userId: ada.id, password: 'wrong horse' }), 422, 'incorrect_password');
await rejected(users.verifyPassword({ userId: grace.id, password }), 400, 'no_password_set');
equal(
  await users.verifyTOTP({ userId: ada.id, code: totp(totpSecret) }).then(({ verified, code_type }) => [verified, code_type]),
  [true, 'totp'],
);
equal((await users.verifyTOTP({ userId: ada.id, code: 'backup-one' })).code_type, 'backup_code');
await rejected(users.verifyTOTP({ userId: ada.id, code: 'backup-one' }), 422, 'totp_invalid_length');
await rejected(users.verifyTOTP({ userId: grace.id, code: '123456' }), 400, 'totp_disabled');

equal((await users.banUser(ada.id)).banned, true);
equal((await users.unbanUser(ada.id)).banned, false);
const locked = await users.lockUser(ada.id);
equal([locked.locked, locked.raw.lockout_expires_in_seconds > 3500], [true, true]);
equal((await users.unlockUser(ada.id)).locked, false);

const gif = new Blob(['GIF89a-and-so-on'], { type: 'image/gif' });
const pictured = await users.updateUserProfileImage(ada.id, { file: gif });
equal([pictured.hasImage, URL.canParse(pictured.imageUrl)], [true, true]);
equal((await users.deleteUserProfileImage(ada.id)).hasImage, false);

const email = await users.replaceUserEmailAddress(ada.id, { emailAddress: 'ada@new.js.example.com' });
equal([email.emailAddress, email.verification.status, email.linkedTo], ['ada@new.js.example.com', 'verified', []]);
const phone = await users.replaceUserPhoneNumber(ada.id, { phoneNumber: '+15550100202' });
equal([phone.phoneNumber, phone.reservedForSecondFactor], ['+15550100202', false]);
equal((await users.getUser(ada.id)).primaryEmailAddressId, email.id);

await seed(ada.id, 'passkeys', { id: 'idn_js_passkey', name: 'Laptop' });
await seed(ada.id, 'external_accounts', {
  id: 'eac_js',
  provider: 'oauth_google',
  provider_user_id: 'js',
  verification: { status: 'verified' },
});
await seed(ada.id, 'oauth_access_tokens', {
  external_account_id: 'eac_js',
  provider: 'oauth_google',
  token: 'made-up',
  scopes: ['email'],
});
await seed(ada.id, 'organization_memberships', {
  id: 'orgmem_js',
  role: 'org:admin',
  organization: { id: 'org_js', name: 'Analysts' },
});
await seed(ada.id, 'organization_invitations', {
  id: 'orginv_js',
  email_address: 'ada@js.example.com',
  role: 'org:member',
  status: 'pending',
  public_organization_data: { id: 'org_js2', name: 'Engineers' },
});
await seed(
  ada.id,
  'billing_subscription',
  {
    id: 'csub_js',
    status: 'active',
    subscription_items: [{ id: 'csub_item_js', status: 'active', plan_period: 'month' }],
  },
  'PUT',
);

const tokens = await users.getUserOauthAccessToken(ada.id, 'google');
equal(tokens.totalCount, 1);
equal(
  [
    tokens.data[0].constructor.name.endsWith('OauthAccessToken'),
    tokens.data[0].token,
    tokens.data[0].scopes,
    tokens.data[0].externalAccountId,
  ],
  [true, 'made-up', ['email'], 'eac_js'],
);
const memberships = await users.getOrganizationMembershipList({ userId: ada.id });
equal(
  [memberships.totalCount, memberships.data[0].role, memberships.data[0].organization.name],
  [1, 'org:admin', 'Analysts'],
);
equal(memberships.data[0].publicUserData.userId, ada.id);
const invitations = await users.getOrganizationInvitationList({ userId: ada.id, status: 'pending' });
equal(
  [invitations.totalCount, invitations.data[0].emailAddress, invitations.data[0].publicOrganizationData.name],
  [1, 'ada@js.example.com', 'Engineers'],
);
equal(await users.getOrganizationInvitationList({ userId: ada.id, status: 'revoked' }), { data: [], totalCount: 0 });
const subscription = await clerk.billing.getUserBillingSubscription(ada.id);
equal([subscription.id, subscription.status, subscription.subscriptionItems.length], ['csub_js', 'active', 1]);

const account = (await users.getUser(ada.id)).externalAccounts[0];
equal([account.id, account.verification.status, account.verification.strategy], ['eac_js', 'verified', 'oauth_google']);
const deleted = ({ object, id, deleted }) => [object, id, deleted];
equal(deleted(await users.deleteUserExternalAccount({ userId: ada.id, externalAccountId: account.id })), [
  'external_account',
  'eac_js',
  true,
]);
equal(deleted(await users.deleteUserPasskey({ userId: ada.id, passkeyIdentificationId: 'idn_js_passkey' })), [
  'passkey',
  'idn_js_passkey',
  true,
]);
equal(
  deleted(await users.deleteUserWeb3Wallet({ userId: ada.id, web3WalletIdentificationId: ada.primaryWeb3WalletId })),
  ['web3_wallet', ada.primaryWeb3WalletId, true],
);

equal((await users.setPasswordCompromised(ada.id)).raw.requires_password_reset, true);
equal((await users.unsetPasswordCompromised(ada.id)).raw.requires_password_reset, false);
equal((await users.deleteUserBackupCodes(ada.id)).user_id, ada.id);
equal((await users.deleteUserTOTP(ada.id)).user_id, ada.id);
equal((await users.disableUserMFA(ada.id)).user_id, ada.id);
equal((await users.removePassword(ada.id)).passwordEnabled, false);
equal((await users.removePassword(ada.id, { signOutOfOtherSessions: true })).passwordEnabled, false);

await rejected(
  createClerkClient({ secretKey: 'not_a_key', apiUrl: url, telemetry: { disabled: true } }).users.getUser(ada.id),
  401,
  'clerk_key_invalid',
);
const absent = await rejected(users.getUser('user_unknown'), 404, 'resource_not_found');
equal(absent.retryAfter, undefined);
await rejected(
  users.createUser({ emailAddress: ['grace@js.example.com'] }),
  422,
  'form_identifier_exists',
  'email_address',
);
await rejected(users.createUser({ username: 'new_js', nickName: 'N' }), 422, 'form_param_unknown', 'nick_name');
await rejected(users.updateUser(ada.id, { firstName: 7 }), 422, 'form_param_type_invalid', 'first_name');
await rejected(users.updateUser(ada.id, { createdAt: 'yesterday' }), 422, 'form_param_invalid_time', 'created_at');
await rejected(
  users.createUser({ username: 'new_js', password: 'short' }),
  422,
  'form_password_length_too_short',
  'password',
);

equal(deleted(await users.deleteUser(ada.id)), ['user', ada.id, true]);
await rejected(users.getUser(ada.id), 404, 'resource_not_found');
await rejected(users.deleteUser(ada.id), 404, 'resource_not_found');
await users.deleteUser(grace.id);

console.log(`@clerk/backend: ${checks} checks passed`);
