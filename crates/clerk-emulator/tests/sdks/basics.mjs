// Reads, creates, updates, verifies and deletes users with an older version of @clerk/backend.
//
// The argument is the name under which package.json installs that version.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

import { totp } from './totp.mjs';

const { EMULATOR_URL: url, CLERK_SECRET_KEY: secretKey, SDKS: sdks } = process.env;
const name = process.argv[2];
assert(url && secretKey && sdks && name, 'EMULATOR_URL, CLERK_SECRET_KEY, SDKS and a package are required');
const { createClerkClient } = createRequire(resolve(sdks, 'basics.cjs'))(name);

const { users } = createClerkClient({ secretKey, apiUrl: url, telemetry: { disabled: true } });
const password = 'correct horse battery';
const totpSecret = 'JBSWY3DPEHPK3PXP';
let checks = 0;

function equal(actual, expected) {
  assert.deepEqual(actual, expected);
  checks += 1;
}

/** Asserts that a call fails with this status and code. */
async function rejected(call, status, code) {
  const error = await call.then(
    () => assert.fail(`expected ${status} ${code}`),
    error => error,
  );
  equal([error.status, error.errors.map(detail => detail.code)], [status, [code]]);
}

const ada = await users.createUser({
  externalId: 'older-1',
  emailAddress: ['ada@older.example.com'],
  phoneNumber: ['+15550100401'],
  username: 'ada_older',
  password,
  totpSecret,
  backupCodes: ['backup-one'],
  firstName: 'Ada',
  lastName: 'Lovelace',
  publicMetadata: { plan: 'pro', limits: { seats: 3, projects: 9 } },
  privateMetadata: { crm: 7 },
  createdAt: new Date('2020-05-02T00:00:00.125Z'),
});
equal([ada.firstName, ada.lastName, ada.username, ada.externalId], ['Ada', 'Lovelace', 'ada_older', 'older-1']);
equal([ada.createdAt, ada.passwordEnabled, ada.totpEnabled], [Date.parse('2020-05-02T00:00:00.125Z'), true, true]);
equal(ada.primaryEmailAddress.emailAddress, 'ada@older.example.com');
equal([ada.primaryPhoneNumber.phoneNumber, ada.imageUrl.startsWith('http')], ['+15550100401', true]);
await rejected(users.createUser({ emailAddress: ['ADA@older.example.com'] }), 422, 'form_identifier_exists');

equal((await users.getUser(ada.id)).raw, ada.raw);
const found = await users.getUserList({ emailAddress: ['ada@older.example.com'], orderBy: '-created_at', limit: 5 });
equal([found.data.map(user => user.id), found.totalCount], [[ada.id], 1]);
equal(await users.getCount({ externalId: ['older-1'] }), 1);
await rejected(users.getUser('user_unknown'), 404, 'resource_not_found');

// The `PATCH /users/{user_id}` request replaces the metadata.
const updated = await users.updateUser(ada.id, {
  firstName: 'Augusta',
  publicMetadata: { limits: { seats: 4 } },
  unsafeMetadata: { theme: 'dark' },
});
equal([updated.firstName, updated.publicMetadata], ['Augusta', { limits: { seats: 4 } }]);
equal([updated.privateMetadata, updated.unsafeMetadata], [{ crm: 7 }, { theme: 'dark' }]);
const merged = await users.updateUserMetadata(ada.id, { publicMetadata: { limits: { seats: null, guests: 1 } } });
equal(merged.publicMetadata, { limits: { guests: 1 } });

equal((await users.verifyPassword({ userId: ada.id, password })).verified, true);
await rejected(users.verifyPassword({ userId: ada.id, password: 'wrong horse' }), 422, 'incorrect_password');
equal((await users.verifyTOTP({ userId: ada.id, code: totp(totpSecret) })).code_type, 'totp');
equal((await users.verifyTOTP({ userId: ada.id, code: 'backup-one' })).code_type, 'backup_code');

equal((await users.banUser(ada.id)).banned, true);
equal((await users.unbanUser(ada.id)).banned, false);
equal((await users.lockUser(ada.id)).locked, true);
equal((await users.unlockUser(ada.id)).locked, false);
const gif = new Blob(['GIF89a-and-so-on'], { type: 'image/gif' });
equal((await users.updateUserProfileImage(ada.id, { file: gif })).hasImage, true);
equal((await users.deleteUserProfileImage(ada.id)).hasImage, false);
equal((await users.getOrganizationMembershipList({ userId: ada.id })).totalCount, 0);
await users.disableUserMFA(ada.id);
equal((await users.getUser(ada.id)).twoFactorEnabled, false);

const deleted = await users.deleteUser(ada.id);
equal([deleted.id, deleted.deleted], [ada.id, true]);
await rejected(users.getUser(ada.id), 404, 'resource_not_found');

console.log(`${name}: ${checks} checks passed`);
