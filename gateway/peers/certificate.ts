// A self-signed certificate around a key: what TLS wants to see. Nothing in it counts but the key, which is pinned.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  X509Certificate,
} from 'node:crypto';

/** A key of this gateway, with its certificate. Both in PEM. */
export interface Identity {
  readonly privateKey: string;
  readonly certificate: string;
  readonly fingerprint: string;
}

/** P-256: the one kind that every TLS library which a gateway may run on takes (Ed25519 is not, everywhere). */
export function makeIdentity(): Identity {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return identityOf(privateKey, certify(privateKey));
}

/** Throws an error when the two do not belong together. */
export function identityOf(privateKey: string, certificate: string): Identity {
  const read = new X509Certificate(certificate);
  if (!read.checkPrivateKey(createPrivateKey(privateKey)))
    throw new Error('The key is of another certificate.');
  return { privateKey, certificate, fingerprint: fingerprintOf(read) };
}

/** SHA-256 of its public key: who somebody is, whatever the rest of the certificate says. */
export const fingerprintOf = (certificate: X509Certificate): string =>
  createHash('sha256').update(spkiOf(certificate)).digest('hex');

/** The same of a certificate in PEM. */
export const fingerprintOfPem = (certificate: string): string =>
  fingerprintOf(new X509Certificate(certificate));

/** The public key, as it is hashed and compared. */
export const spkiOf = (certificate: X509Certificate): Buffer =>
  certificate.publicKey.export({ type: 'spki', format: 'der' });

/** Node reads certificates and does not write them. This is RFC 5280, section 4.1, with everything optional left out. */
function certify(privateKey: string): string {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(spki).digest();
  // Each has its own subject name, by which OpenSSL finds it quickly among the pinned ones.
  const name = seq(
    der(0x31, seq(OID.commonName, der(0x0c, Buffer.from(`holdfast-${id.toString('hex', 0, 8)}`)))),
  );
  const tbs = seq(
    der(0xa0, int(Buffer.of(2))),
    int(Buffer.concat([Buffer.of(0x01), id.subarray(0, 8)])),
    seq(OID.ecdsaWithSha256),
    name,
    // All the time there is: a clock that is ten years off must not cut a link. Taking the pin away ends a key.
    seq(der(0x17, Buffer.from('700101000000Z')), der(0x18, Buffer.from('20991231235959Z'))),
    name,
    spki,
    der(0xa3, seq(extension(OID.basicConstraints, seq()), extension(OID.keyUsage, DIGITAL_SIGNATURE))),
  );
  const signature = sign('sha256', tbs, privateKey);
  const whole = seq(tbs, seq(OID.ecdsaWithSha256), der(0x03, Buffer.of(0), signature));
  return new X509Certificate(whole).toString();
}

const OID = {
  ecdsaWithSha256: Buffer.from('06082a8648ce3d040302', 'hex'),
  commonName: Buffer.from('0603550403', 'hex'),
  basicConstraints: Buffer.from('0603551d13', 'hex'),
  keyUsage: Buffer.from('0603551d0f', 'hex'),
};
/** Key usage: BoringSSL refuses a certificate that does not say what its key is for. */
const DIGITAL_SIGNATURE = Buffer.from('03020780', 'hex');
const TRUE = Buffer.from('0101ff', 'hex');

const seq = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const int = (bytes: Buffer): Buffer => der(0x02, bytes);
const extension = (oid: Buffer, value: Buffer): Buffer => seq(oid, TRUE, der(0x04, value));

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}
