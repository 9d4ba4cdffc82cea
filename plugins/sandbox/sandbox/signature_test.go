package sandbox

import (
	"encoding/json"
	"os"
	"testing"
)

func TestSignaturesMatchTheVendors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Scheme, Secret, Signature string
		Body                            []byte `json:"body_base64"`
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	sign := map[string]func(string, []byte) string{"meta": signMeta, "shopify": signShopify}
	for _, c := range cases {
		t.Run(c.Scheme+" "+c.Name, func(t *testing.T) {
			t.Parallel()
			if got := sign[c.Scheme](c.Secret, c.Body); got != c.Signature {
				t.Errorf("signature is %s, want %s", got, c.Signature)
			}
		})
	}
}

func TestEscapeASCIIWritesWhatMetaSigns(t *testing.T) {
	t.Parallel()
	got := string(escapeASCII([]byte(`{"body":"äöå 🚀 http://x \"q\""}`)))
	want := `{"body":"\u00e4\u00f6\u00e5 \ud83d\ude80 http:\/\/x \"q\""}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
