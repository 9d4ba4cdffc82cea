package trigger

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

func TestStandardWebhooksVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/standard-webhooks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		InvalidSecrets []string `json:"invalid_secrets"`
		Cases          []struct {
			Name            string
			Secrets         []string
			PublicKeys      []string `json:"public_keys"`
			ID, Timestamp   string
			PayloadBase64   string   `json:"payload_base64"`
			SignatureHeader string   `json:"signature_header"`
			HeadersMissing  []string `json:"headers_missing"`
			VerifyAt        int64    `json:"verify_at"`
			Expect, Why     string
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 30 {
		t.Fatalf("only %d cases", len(file.Cases))
	}
	for _, secret := range file.InvalidSecrets {
		if _, err := standardKey(secret); err == nil {
			t.Errorf("the secret %q is taken", secret)
		}
	}
	for _, tt := range file.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			t.Parallel()
			body, err := base64.StdEncoding.DecodeString(tt.PayloadBase64)
			if err != nil {
				t.Fatal(err)
			}
			header := http.Header{"Webhook-Id": {tt.ID}, "Webhook-Timestamp": {tt.Timestamp}, "Webhook-Signature": {tt.SignatureHeader}}
			for _, name := range tt.HeadersMissing {
				header.Del(name)
			}
			v := protocol.Verification{Scheme: protocol.SchemeStandardWebhooks}
			verified := false
			for _, key := range append(tt.Secrets, tt.PublicKeys...) {
				verified = verified || Verify(v, key, header, nil, body, time.Unix(tt.VerifyAt, 0)) == nil
			}
			if verified != (tt.Expect == "valid") {
				t.Errorf("verified = %v, want %s: %s", verified, tt.Expect, tt.Why)
			}
		})
	}
}

func TestAHeaderThatCameTwiceProvesNothing(t *testing.T) {
	t.Parallel()
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	header := http.Header{"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"}, "Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}}
	body, at := []byte(`{"test": 2432232314}`), time.Unix(1614265330, 0)
	if err := verifyStandard(secret, header, body, at); err != nil {
		t.Fatal(err)
	}
	header.Add("Webhook-Id", "other")
	if err := verifyStandard(secret, header, body, at); err == nil {
		t.Error("verified")
	}
}
