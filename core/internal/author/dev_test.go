package author

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/parcel"
)

// terminal is what a person sees.
type terminal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *terminal) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *terminal) shows(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), words)
}

func TestEachChangeOfTheSourcesReachesTheGateway(t *testing.T) {
	t.Parallel()
	sources, program, seen := t.TempDir(), put(t, "desk"), &terminal{}
	var mu sync.Mutex
	var installed []parcel.Parcel
	var lines []string
	d := Dev{
		Dir: sources, Name: "desk", Out: seen, Every: 5 * time.Millisecond,
		Build: func(ctx context.Context, to string) error {
			if raw, err := os.ReadFile(filepath.Join(sources, "main.go")); err != nil || string(raw) == "wrong" {
				return errors.New("main.go:1: that is no Go")
			}
			return Copy(program)(ctx, to)
		},
		Install: func(_ context.Context, packed []byte) error {
			p, err := parcel.Open(bytes.NewReader(packed), nil)
			if !errors.Is(err, parcel.ErrUnsigned) {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if installed = append(installed, p); len(installed) == 2 {
				return errors.New("the gateway says no")
			}
			return nil
		},
		Output: func(context.Context) ([]string, int, error) {
			mu.Lock()
			defer mu.Unlock()
			return lines, len(lines), nil
		},
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	source := func(text string) {
		t.Helper()
		whole := filepath.Join(t.TempDir(), "main.go") // an editor's half of a file would be a change of its own
		if err := errors.Join(os.WriteFile(whole, []byte(text), 0o644), os.Rename(whole, filepath.Join(sources, "main.go"))); err != nil {
			t.Fatal(err)
		}
	}
	until := func(words string) {
		t.Helper()
		deadline := time.Now().Add(30 * time.Second)
		for !seen.shows(words) {
			if time.Now().After(deadline) {
				seen.mu.Lock()
				t.Fatalf("it never says %q but\n%s", words, seen.text.String())
			}
			time.Sleep(time.Millisecond)
		}
	}
	until("that is no Go")
	source("right")
	until("takes new calls")
	source("right again")
	until("the gateway says no")
	source("wrong")
	mu.Lock()
	lines = []string{"one", "two"}
	mu.Unlock()
	until("  | two")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(installed) != 2 || installed[0].Name != "desk" || len(installed[0].Program) == 0 {
		t.Errorf("%d packages were handed over", len(installed))
	}
}

func TestDevWantsAFolder(t *testing.T) {
	t.Parallel()
	var wrong *InputError
	if err := (Dev{Dir: put(t, "desk"), Name: "desk"}).Run(t.Context()); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "name the folder with the sources") {
		t.Errorf("got %v", err)
	}
}
