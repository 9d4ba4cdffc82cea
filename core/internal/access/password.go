package access

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// Passwords are hashed with argon2id as OWASP's cheat sheet has it: 19 MiB, two passes, one lane.
var hashing = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashingAtOnce bounds the memory that strangers can make the gateway use by trying passwords.
var hashingAtOnce = make(chan struct{}, 4)

const (
	minPassword = 12
	maxPassword = 128
)

// checkPassword says what is wrong with a new password, or "".
func checkPassword(password, email string) string {
	distinct := map[rune]bool{}
	for _, r := range password {
		distinct[r] = true
	}
	account, _, _ := strings.Cut(email, "@")
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return fmt.Sprintf("must have at least %d characters; a few words make a good one", minPassword)
	case n > maxPassword:
		return fmt.Sprintf("must have at most %d characters", maxPassword)
	case len(distinct) < 5:
		return "repeats too few characters; a few words make a good one"
	case len(account) > 3 && strings.Contains(strings.ToLower(password), account):
		return "must not hold the e-mail address"
	}
	return ""
}

func hashPassword(password string) (string, error) {
	hashingAtOnce <- struct{}{}
	defer func() { <-hashingAtOnce }()
	return argon2id.CreateHash(password, hashing)
}

// nobody is compared with when there is no such person, so that the answer takes as long.
var nobody = sync.OnceValue(func() string {
	hash, err := hashPassword(secret())
	if err != nil {
		panic(err) // the parameters above
	}
	return hash
})

// passwordMatches takes the same time for a person who is not there, whose hash is empty.
func passwordMatches(password, hash string) bool {
	known := hash
	if known == "" {
		known = nobody()
	}
	hashingAtOnce <- struct{}{}
	defer func() { <-hashingAtOnce }()
	ok, err := argon2id.ComparePasswordAndHash(password, known)
	return ok && err == nil && hash != ""
}

// ThrottledError refuses a try because too many before it failed.
type ThrottledError struct{ After time.Duration }

func (e *ThrottledError) Error() string { return "too many failed tries" }

// throttle slows down whoever fails often. It counts in this process only: a gateway of n nodes allows n times as many
// tries, which is few enough.
type throttle struct {
	mu    sync.Mutex
	tries map[string]tries
}

type tries struct {
	failed int
	until  time.Time // none is looked at before
}

const (
	freeTries   = 5
	longestWait = 15 * time.Minute
	triesKept   = 10_000
)

// check returns a *ThrottledError while key has to wait.
func (t *throttle) check(key string, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait := t.tries[key].until.Sub(now); wait > 0 {
		return &ThrottledError{After: wait}
	}
	return nil
}

// failed counts a failure: from the fifth on, each doubles the wait.
func (t *throttle) failed(key string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tries == nil || len(t.tries) >= triesKept {
		t.tries = map[string]tries{} // whoever fills it waits anew, at the price of five tries
	}
	n := t.tries[key]
	if now.Sub(n.until) > longestWait {
		n.failed = 0
	}
	n.failed++
	n.until = now
	if n.failed >= freeTries {
		n.until = now.Add(min(time.Second<<min(n.failed-freeTries, 20), longestWait))
	}
	t.tries[key] = n
}

func (t *throttle) succeeded(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tries, key)
}
