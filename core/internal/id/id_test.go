package id_test

import (
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
)

func TestIdentifiersSortByTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	earlier, later := id.At("run", at), id.At("run", at.Add(20*time.Nanosecond))
	if earlier >= later {
		t.Errorf("%s does not sort before %s", earlier, later)
	}
}

func TestFirstParts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	first := id.First("run", at)
	if before, then := id.At("run", at.Add(-time.Microsecond)), id.At("run", at); before >= first || first > then {
		t.Errorf("%s is not between %s and %s", first, before, then)
	}
}

func TestValid(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in   string
		want bool
	}{
		"a fresh one":      {id.New("run"), true},
		"another prefix":   {id.New("evt"), false},
		"nothing":          {"", false},
		"too short":        {"run_01J", false},
		"a letter outside": {"run_0000000000000000000000000U", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := id.Valid("run", c.in); got != c.want {
				t.Errorf("Valid(run, %q) = %v, want %v", c.in, got, c.want)
			}
		})
	}
}
