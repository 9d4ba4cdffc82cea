package author

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// received is when the webhooks of an examination arrive.
var received = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

// ending examines what a call does when it is cancelled and, once for each connector because that takes its time, when
// its deadline passes.
func (c *checker) ending(do call) {
	const inTime = "a call ends with its deadline"
	ends := c.given("a cancelled call ends", do, func() (context.Context, context.CancelFunc) { return context.WithCancel(c.ctx) }, true)
	switch {
	case c.waited:
	case !ends:
		c.skip(inTime, "a cancelled one does not")
	default:
		c.waited = true
		c.given(inTime, do, func() (context.Context, context.CancelFunc) { return context.WithTimeout(c.ctx, c.deadline) }, false)
	}
}

// given files the claim that a call which is given up ends, and reports whether it does. begin makes its context, which
// is cancelled when the provider was asked, or ends by itself.
func (c *checker) given(claim string, do call, begin func() (context.Context, context.CancelFunc), cancelled bool) bool {
	problem := c.ends(do, begin, cancelled)
	switch problem {
	case "":
		c.that(claim, "")
	case alone:
		c.that(claim, "Serve calls side by side: one that waits for its provider must not keep the others waiting.", problem)
	default:
		c.that(claim, "Pass the call's cancel and deadline on to each request that is made for it, and stop working when they come.", problem)
	}
	return problem == ""
}

const alone = "a second call does not begin while the first one waits for its provider"

// ends makes two calls whose provider keeps them waiting, gives up the second and sees whether its request is given up
// too. The first one keeps the process alive: the host ends a process that was given up once its last call is over,
// and would thereby end a request that the connector itself forgot.
func (c *checker) ends(do call, begin func() (context.Context, context.CancelFunc), cancelled bool) string {
	var asked atomic.Int32
	arrived, over := make(chan struct{}, 2), make(chan struct{})
	release := make(chan struct{})
	provider := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		if n <= 2 {
			arrived <- struct{}{}
		}
		select {
		case <-r.Context().Done():
			if n == 2 {
				close(over)
			}
		case <-release:
		}
		_, _ = io.WriteString(w, "{}")
	})
	p := c.program.probe(c.settings, provider)
	kept, stop := context.WithTimeout(c.ctx, 6*c.patience)
	defer stop()
	first, second := make(chan struct{}), make(chan struct{})
	go func() { defer close(first); _ = do(kept, p) }()
	defer func() { close(release); <-first }()
	if !c.soon(arrived) {
		return "it did not ask its provider as it did before"
	}
	ctx, cancel := begin()
	defer cancel()
	go func() { defer close(second); _ = do(ctx, p) }()
	defer func() { cancel(); <-second }()
	if !c.soon(arrived) {
		return alone
	}
	if cancelled {
		cancel()
	}
	if !c.soon(over) {
		return "its request to the provider is still open " + c.patience.String() + " after the call was given up"
	}
	return ""
}

// soon reports whether something happens in the time of a call.
func (c *checker) soon(happens <-chan struct{}) bool {
	timeout := time.NewTimer(c.patience)
	defer timeout.Stop()
	select {
	case <-happens:
		return true
	case <-timeout.C:
		return false
	}
}
