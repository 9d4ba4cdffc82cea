package delivery

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// The example is the specification's own.
func TestASignatureIsThatOfTheSpecification(t *testing.T) {
	t.Parallel()
	got, err := sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`), []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestBothKindsOfSecretsSignWhatTheyShow(t *testing.T) {
	t.Parallel()
	at, body := time.Unix(1614265330, 0), []byte(`{"test": 1}`)
	secret, shown := newSecret(V1)
	if secret != shown || !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("v1: %d and %d characters", len(secret), len(shown))
	}
	private, public := newSecret(V1A)
	encoded, ok := strings.CutPrefix(public, "whpk_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) != ed25519.PublicKeySize || !strings.HasPrefix(private, "whsk_") {
		t.Fatalf("v1a shows %q, %v", public, err)
	}
	both, err := sign("evt_1", at, body, []string{private, secret})
	if err != nil {
		t.Fatal(err)
	}
	signatures := strings.Split(both, " ")
	if len(signatures) != 2 || !strings.HasPrefix(signatures[1], "v1,") {
		t.Fatal(both)
	}
	signature, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(signatures[0], "v1a,"))
	if !ed25519.Verify(key, []byte(`evt_1.1614265330.{"test": 1}`), signature) {
		t.Error("the public key does not verify what the private one signed")
	}
	if _, err := sign("evt_1", at, body, []string{"whsk_AAAA"}); err == nil || strings.Contains(err.Error(), "AAAA") {
		t.Errorf("a broken key: %v", err)
	}
}
