package trigger

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// FuzzStandard holds that what verifies bears the right signature for its time, and that what is refused bears it only
// if something else is wrong.
func FuzzStandard(f *testing.F) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	raw, err := os.ReadFile("testdata/standard-webhooks.json")
	if err != nil {
		f.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID, Timestamp   string
			PayloadBase64   string `json:"payload_base64"`
			SignatureHeader string `json:"signature_header"`
			VerifyAt        int64  `json:"verify_at"`
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Cases) == 0 {
		f.Fatalf("%d cases, %v", len(file.Cases), err)
	}
	for _, c := range file.Cases {
		body, err := base64.StdEncoding.DecodeString(c.PayloadBase64)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(c.ID, c.Timestamp, c.SignatureHeader, body, c.VerifyAt)
	}
	key, err := standardKey(secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id, stamp, signatures string, body []byte, at int64) {
		now := time.Unix(at%(1<<40), 0)
		want := "v1," + signature(protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Encoding: protocol.Base64}, string(key), slices.Concat([]byte(id+"."+stamp+"."), body))
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		timely := err == nil && strconv.FormatInt(seconds, 10) == stamp && max(seconds-now.Unix(), now.Unix()-seconds) <= int64(tolerance/time.Second) &&
			seconds > -(1<<50) && seconds < 1<<50
		for _, header := range []string{signatures, want, signatures + " " + want} {
			given := strings.Split(header, " ")
			sound := timely && id != "" && !strings.Contains(id, ".") && len(given) <= mostSignatures && slices.Contains(given, want)
			err := verifyStandard(secret, http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {header}}, body, now)
			if (err == nil) != sound {
				t.Errorf("id %q, time %q at %d, signatures %q: %v, want verified %v", id, stamp, now.Unix(), header, err, sound)
			}
		}
		public := publicPrefix + base64.StdEncoding.EncodeToString(make([]byte, 32))
		_ = verifyStandard(public, http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {signatures}}, body, now)
		_, _ = standardKey(signatures)
	})
}

// FuzzAnswer holds that a handshake gets nothing back but a number (case 74), and only who knows the token.
func FuzzAnswer(f *testing.F) {
	raw, err := os.ReadFile("testdata/meta-x-hub-signature-256.json")
	if err != nil {
		f.Fatal(err)
	}
	var file struct{ Handshake []handshake }
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Handshake) == 0 {
		f.Fatalf("%d handshakes, %v", len(file.Handshake), err)
	}
	for _, h := range file.Handshake {
		f.Add(h.Query, h.ConfiguredToken)
	}
	declared := protocol.Challenge{Expect: map[string]string{"hub.mode": "subscribe"}, Token: "hub.verify_token", Echo: "hub.challenge"}
	f.Fuzz(func(t *testing.T, query, token string) {
		values, _ := url.ParseQuery(query) // which keeps what it could read
		answer, err := Answer(declared, token, values)
		if err == nil && (!isNumber(answer) || token == "" || !slices.Equal(values["hub.verify_token"], []string{token})) {
			t.Errorf("%q gets %q back", query, answer)
		}
	})
}
