/* CRC-32 (IEEE 802.3) and HMAC-SHA-256 (FIPS 180-4, RFC 2104) in plain C, so that a small device needs no library. */
static uint32_t crc32_of(const uint8_t *data, size_t length) {
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < length; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

typedef struct {
  uint32_t state[8];
  uint64_t bytes;
  uint8_t block[64];
} Sha256;

static const uint32_t SHA_K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int by) { return (x >> by) | (x << (32 - by)); }

static void sha_block(Sha256 *sha) {
  uint32_t w[64], v[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)sha->block[4 * i] << 24 | (uint32_t)sha->block[4 * i + 1] << 16 | (uint32_t)sha->block[4 * i + 2] << 8 |
           sha->block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >> 3);
    uint32_t b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  memcpy(v, sha->state, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25);
    uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + SHA_K[i] + w[i];
    uint32_t s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22);
    uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    for (int j = 7; j > 0; j--) v[j] = v[j - 1];
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) sha->state[i] += v[i];
}
static void sha_begin(Sha256 *sha) {
  static const uint32_t START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(sha->state, START, sizeof START);
  sha->bytes = 0;
}
static void sha_add(Sha256 *sha, const uint8_t *data, size_t length) {
  for (size_t i = 0; i < length; i++) {
    sha->block[sha->bytes++ % 64] = data[i];
    if (sha->bytes % 64 == 0) sha_block(sha);
  }
}
static void sha_end(Sha256 *sha, uint8_t out[32]) {
  uint64_t bits = sha->bytes * 8;
  uint8_t byte = 0x80;
  sha_add(sha, &byte, 1);
  byte = 0;
  while (sha->bytes % 64 != 56) sha_add(sha, &byte, 1);
  for (int i = 7; i >= 0; i--) {
    byte = (uint8_t)(bits >> (8 * i));
    sha_add(sha, &byte, 1);
  }
  for (int i = 0; i < 32; i++) out[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}
/* The key may have at most 64 bytes. */
static void hmac_of(const uint8_t *key, size_t key_length, const uint8_t *data, size_t length, uint8_t out[32]) {
  uint8_t pad[64] = {0};
  Sha256 sha;
  memcpy(pad, key, key_length);
  for (int i = 0; i < 64; i++) pad[i] ^= 0x36;
  sha_begin(&sha);
  sha_add(&sha, pad, 64);
  sha_add(&sha, data, length);
  sha_end(&sha, out);
  for (int i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
  sha_begin(&sha);
  sha_add(&sha, pad, 64);
  sha_add(&sha, out, 32);
  sha_end(&sha, out);
}

static const char TOPIC[] = "@TOPIC@";
static const char SOURCE[] = "@SOURCE@";
static const char CONFIG[] = "@CONFIG@"; /* hash of the settings that both ends share */
static const int PROTECTED = @PROTECTED@;  /* 0: plain readings without envelope */
static uint8_t key[64];
static size_t key_length = 0; /* 0: CRC-32, which finds accidents and no attackers */
static uint32_t seq = 0xFF;

/* Takes the key as hexadecimal text; false when it is none. */
static int take_key(const char *hex) {
  size_t n = 0;
  unsigned byte;
  while (n < sizeof key && sscanf(hex + 2 * n, "%2x", &byte) == 1) key[n++] = (uint8_t)byte;
  key_length = n;
  return n >= 16;
}

/* Writes one message for the reading, as JSON text, into out. */
static void wrap(const char *reading, unsigned long session, unsigned long long sent_us, char *out, size_t room) {
  static char text[1024];
  char check[80], escaped[512];
  size_t n = 0;
  if (!PROTECTED) {
    snprintf(out, room, "%s", reading);
    return;
  }
  seq = seq == 0xFFFFFFFFu ? 0x100u : seq + 1u;
  snprintf(text, sizeof text, "%s\n%s\n%lu\n%lu\n%llu\n%s\n%s", TOPIC, SOURCE, session, (unsigned long)seq, sent_us, CONFIG, reading);
  if (key_length > 0) {
    uint8_t mac[32];
    hmac_of(key, key_length, (const uint8_t *)text, strlen(text), mac);
    strcpy(check, "hmac:");
    for (int i = 0; i < 32; i++) sprintf(check + 5 + 2 * i, "%02x", mac[i]);
  } else {
    sprintf(check, "crc32:%08lx", (unsigned long)crc32_of((const uint8_t *)text, strlen(text)));
  }
  for (const char *c = reading; *c != 0 && n + 2 < sizeof escaped; c++) {
    if (*c == '"' || *c == '\\') escaped[n++] = '\\';
    escaped[n++] = *c;
  }
  escaped[n] = 0;
  snprintf(out, room,
           "{\"schema\":\"cellgate.envelope/1\",\"source\":\"%s\",\"session\":%lu,\"seq\":%lu,\"sent_us\":%llu,\"config\":\"%s\","
           "\"payload\":\"%s\",\"check\":\"%s\"}",
           SOURCE, session, (unsigned long)seq, sent_us, CONFIG, escaped, check);
}

/* Put your measurement here: @MEANING@ */
static void read_value(char *reading, size_t room) { snprintf(reading, room, "%s", "@EXAMPLE@"); }
