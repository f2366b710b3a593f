// One token on standard input, as {token, alg, key, audience, issuer}: checks it with jose.
import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { importSPKI, jwtVerify } from 'jose';

const { token, alg, key, audience, issuer } = JSON.parse(readFileSync(0, 'utf8'));
const known = alg === 'HS256' ? createSecretKey(key, 'utf8') : await importSPKI(key, alg);
const { payload } = await jwtVerify(token, known, { algorithms: [alg], audience, issuer });
console.log(JSON.stringify(payload));
