/**
 * snippets verify a webhook with what each language brings along: the signature, in constant time, then how old it is. The
 * header holds several signatures while a secret is changed.
 */
export const snippets = {
  JavaScript: `const crypto = require('crypto')

function verify(secret, headers, body) { // body: the raw text
  const id = headers['webhook-id'], time = headers['webhook-timestamp']
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const mac = crypto.createHmac('sha256', key).update(id + '.' + time + '.' + body).digest()
  const signed = headers['webhook-signature'].split(' ').some((s) => {
    const given = Buffer.from(s.replace('v1,', ''), 'base64')
    return given.length === mac.length && crypto.timingSafeEqual(given, mac)
  })
  return signed && Math.abs(Date.now() / 1000 - Number(time)) < 300
}`,
  Python: `import base64, hashlib, hmac, time

def verify(secret, headers, body):  # body: the raw bytes
    id, at = headers["webhook-id"], headers["webhook-timestamp"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
    want = "v1," + base64.b64encode(mac).decode()
    signed = any(hmac.compare_digest(s, want) for s in headers["webhook-signature"].split(" "))
    return signed and abs(time.time() - int(at)) < 300`,
  PHP: `function verify(string $secret, array $headers, string $body): bool { // $body: the raw text
    $id = $headers['webhook-id'];
    $time = $headers['webhook-timestamp'];
    $key = base64_decode(str_replace('whsec_', '', $secret));
    $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
    $signed = false;
    foreach (explode(' ', $headers['webhook-signature']) as $s) {
        $signed = hash_equals($want, $s) || $signed;
    }
    return $signed && abs(time() - (int) $time) < 300;
}`,
  Ruby: `require 'base64'
require 'openssl'

def verify(secret, headers, body) # body: the raw text
  id, time = headers['webhook-id'], headers['webhook-timestamp']
  key = Base64.decode64(secret.delete_prefix('whsec_'))
  want = 'v1,' + Base64.strict_encode64(OpenSSL::HMAC.digest('SHA256', key, "#{id}.#{time}.#{body}"))
  signed = headers['webhook-signature'].split(' ').any? { |s| OpenSSL.secure_compare(s, want) }
  signed && (Time.now.to_i - time.to_i).abs < 300
end`,
  Go: `func verify(secret string, h http.Header, body []byte) bool { // body: the raw bytes
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	at, bad := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || bad != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", h.Get("webhook-id"), at, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, s := range strings.Fields(h.Get("webhook-signature")) {
		if hmac.Equal([]byte(s), []byte(want)) {
			return true
		}
	}
	return false
}`,
}
