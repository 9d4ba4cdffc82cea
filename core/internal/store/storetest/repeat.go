package storetest

import (
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/repeat"
	"github.com/cordboard/cordboard/core/internal/seal"
)

var repeatCases = cases{
	"a key is claimed once, by each in their own": func(t *testing.T, w *world) {
		claim := func(actor string) bool {
			_, _, fresh, err := w.ClaimKey(t.Context(), repeat.Claim{Key: repeat.Key{WorkspaceID: w.workspace.ID, Actor: actor, Text: "k"}, Request: seal.Sealed{Data: []byte("r")}}, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return fresh
		}
		if n := atOnce(t, 10, func(int) (bool, error) { return claim("tok_1"), nil }); n != 1 {
			t.Errorf("%d claims were fresh", n)
		}
		if !claim("tok_2") {
			t.Error("another's key is taken")
		}
	},
	"a key keeps its answer until it is dropped or old": func(t *testing.T, w *world) {
		k := repeat.Key{WorkspaceID: w.workspace.ID, Actor: "tok_1", Text: "k"}
		claim := func(request string, kept time.Duration) (repeat.Claim, bool) {
			c, age, fresh, err := w.ClaimKey(t.Context(), repeat.Claim{Key: k, Request: seal.Sealed{KeyID: "k1", Data: []byte(request)}}, kept)
			if err != nil || age < 0 || age > time.Minute {
				t.Fatalf("%s, %v", age, err)
			}
			return c, fresh
		}
		claim("first", time.Hour)
		if c, fresh := claim("second", time.Hour); fresh || string(c.Request.Data) != "first" || c.Request.KeyID != "k1" || c.Answer.Data != nil || c.At.IsZero() {
			t.Errorf("under way: %+v", c)
		}
		if err := w.KeepAnswer(t.Context(), k, seal.Sealed{KeyID: "k2", Data: []byte("answer")}); err != nil {
			t.Fatal(err)
		}
		if c, fresh := claim("third", time.Hour); fresh || string(c.Answer.Data) != "answer" || c.Answer.KeyID != "k2" {
			t.Errorf("answered: %+v", c)
		}
		if _, fresh := claim("fourth", 0); !fresh {
			t.Error("an old key is taken")
		}
		if c, fresh := claim("fifth", time.Hour); fresh || string(c.Request.Data) != "fourth" || c.Answer.Data != nil {
			t.Errorf("anew: %+v", c)
		}
		if err := w.DropKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		if _, fresh := claim("sixth", time.Hour); !fresh {
			t.Error("a dropped key is taken")
		}
	},
}
