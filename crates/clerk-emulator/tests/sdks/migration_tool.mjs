// Sends the requests of Clerk's migration tool (github.com/clerk/migration-tool), which is not published as a package.
//
// The tool uses @clerk/backend 2. It creates each user with one identifier of each kind, adds further email addresses and
// phone numbers with separate calls, ignores their errors, and repeats calls that are rate-limited. It lists the users in
// pages to delete those that it created.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const { EMULATOR_URL: url, CLERK_SECRET_KEY: secretKey, SDKS: sdks } = process.env;
assert(url && secretKey && sdks, 'EMULATOR_URL, CLERK_SECRET_KEY and SDKS are required');
const { createClerkClient } = createRequire(resolve(sdks, 'migration_tool.cjs'))('clerk-backend-2');

// The tool creates a client for each call.
const clerk = () => createClerkClient({ secretKey, apiUrl: url, telemetry: { disabled: true } });
const pageSize = 3;
let checks = 0;

function equal(actual, expected) {
  assert.deepEqual(actual, expected);
  checks += 1;
}

/** Makes the next calls fail. */
async function addFault(fault) {
  const response = await fetch(`${url}/__emulator/faults`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  assert(response.ok, await response.text());
}

/** Repeats a call while it is rate-limited, and returns the number of repetitions with the result. */
async function repeated(call, repetitions = 0) {
  try {
    return [await call(), repetitions];
  } catch (error) {
    if (error.status !== 429 || repetitions === 5) throw error;
    return repeated(call, repetitions + 1);
  }
}

const password = 'correct horse';
const passwordDigest = '$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2';

// The optional fields are sent only if the file contains them. Times are text.
const complete = {
  externalId: 'move-1',
  emailAddress: ['ada@move.example.com'],
  firstName: 'Ada',
  lastName: 'Lovelace',
  username: 'ada_move',
  phoneNumber: ['+15550100501'],
  totpSecret: 'JBSWY3DPEHPK3PXP',
  backupCodes: ['backup-one', 'backup-two'],
  unsafeMetadata: { theme: 'dark' },
  privateMetadata: { crm: 7 },
  publicMetadata: { plan: 'pro', limits: { seatCount: 3 } },
  banned: true,
  bypassClientTrust: true,
  createOrganizationEnabled: false,
  createOrganizationsLimit: 2,
  createdAt: '2020-05-02T00:00:00.125Z',
  deleteSelfEnabled: false,
  legalAcceptedAt: '2020-05-01T00:00:00.000Z',
  skipLegalChecks: true,
  skipPasswordChecks: true,
  passwordDigest,
  passwordHasher: 'bcrypt',
};
const users = [
  complete,
  { externalId: 'move-2', emailAddress: ['grace@move.example.com'], skipPasswordRequirement: true },
  { externalId: 'move-3', username: 'edsger_move', skipPasswordRequirement: true },
  { externalId: 'move-4', phoneNumber: ['+15550100504'], skipPasswordRequirement: true },
  { externalId: 'move-5', emailAddress: ['alan@move.example.com'], banned: false, skipPasswordRequirement: true },
];

await addFault({ operation: 'create', status: 429, times: 2 });
const created = [];
const repetitions = [];
for (const user of users) {
  const [result, count] = await repeated(() => clerk().users.createUser(user));
  created.push(result);
  repetitions.push(count);
}
equal(repetitions, [2, 0, 0, 0, 0]);
equal(
  created.map(user => user.externalId),
  users.map(user => user.externalId),
);
const ada = created[0];
equal([ada.firstName, ada.lastName, ada.username, ada.banned], ['Ada', 'Lovelace', 'ada_move', true]);
equal([ada.primaryEmailAddress.emailAddress, ada.primaryPhoneNumber.phoneNumber], [
  'ada@move.example.com',
  '+15550100501',
]);
equal(
  [ada.publicMetadata, ada.privateMetadata, ada.unsafeMetadata],
  [{ plan: 'pro', limits: { seatCount: 3 } }, { crm: 7 }, { theme: 'dark' }],
);
equal([ada.createdAt, ada.legalAcceptedAt], [Date.parse(complete.createdAt), Date.parse(complete.legalAcceptedAt)]);
equal([ada.passwordEnabled, ada.totpEnabled, ada.backupCodeEnabled], [true, true, true]);
equal([ada.createOrganizationEnabled, ada.createOrganizationsLimit, ada.deleteSelfEnabled], [false, 2, false]);
equal((await clerk().users.verifyPassword({ userId: ada.id, password })).verified, true);

// The emulator has only the users operations. The tool logs the errors of these calls and continues.
const additions = [
  () =>
    clerk().emailAddresses.createEmailAddress({
      userId: ada.id,
      emailAddress: 'ada.work@move.example.com',
      primary: false,
    }),
  () => clerk().phoneNumbers.createPhoneNumber({ userId: ada.id, phoneNumber: '+15550100509', primary: false }),
];
for (const addition of additions) {
  const error = await addition().then(
    () => assert.fail('expected an error'),
    error => error,
  );
  equal([error.status, error.errors.length], [404, 1]);
  assert.match(error.errors[0].longMessage, /users operation/);
}

// A second run skips the users that exist.
const error = await clerk()
  .users.createUser(complete)
  .then(
    () => assert.fail('expected an error'),
    error => error,
  );
equal(error.status, 422);
assert(error.errors.every(detail => detail.code === 'form_identifier_exists' && detail.longMessage));

async function fetchUsers(offset) {
  const { data } = await clerk().users.getUserList({ offset, limit: pageSize });
  return data.length === pageSize ? [...data, ...(await fetchUsers(offset + pageSize))] : data;
}
const fetched = await fetchUsers(0);
equal(fetched.map(user => user.externalId).sort(), ['move-1', 'move-2', 'move-3', 'move-4', 'move-5']);
for (const user of fetched) {
  await repeated(() => clerk().users.deleteUser(user.id));
}
equal(await fetchUsers(0), []);

console.log(`migration tool: ${checks} checks passed`);
