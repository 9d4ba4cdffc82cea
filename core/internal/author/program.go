package author

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/core/internal/host"
	"github.com/cordboard/cordboard/sdk/conformance"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// program is a connector's file, run as the gateway runs it, with a gateway in memory as its way out.
type program struct {
	name      string
	manifest  protocol.Manifest
	connector protocol.Connector // nil until it is installed

	host   *host.Host
	line   *line
	output *output
}

// open prepares a file; close must be called. patience is how long it may take to start; 0: as long as a gateway lets it. Mistakes
// are an *InputError.
func open(ctx context.Context, path string, patience time.Duration) (*program, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, inputf("%s cannot be read: %v", path, err)
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return nil, inputf("%s is not a program; name the file that is started, and make it executable (chmod +x)", path)
	case !catalog.ValidName(filepath.Base(path)):
		return nil, inputf("%s: the gateway knows a connector by the name of its file; rename it to lower-case letters, digits and underscores, such as acme_desk", path)
	}
	p := &program{name: filepath.Base(path), line: &line{}, output: &output{first: make(chan struct{})}}
	known, err := catalog.New(ctx, nil)
	if err != nil {
		return nil, err
	}
	p.host, err = host.New(ctx, host.Config{Dir: filepath.Dir(path), Catalog: known, Gateway: p.line, StartTimeout: patience, Logger: slog.New(p.output)})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// start installs the connector: the gateway takes it with the manifest that it then has.
func (p *program) start(ctx context.Context) error {
	c, err := p.host.Install(ctx, p.name)
	if err != nil {
		return err
	}
	p.manifest = c.Manifest
	if c.Manifest.Direct != "" { // it is the author's own
		if err := p.host.AllowDirect(ctx, p.name, true); err != nil {
			return err
		}
	}
	p.connector, err = p.host.Connector(p.name)
	return err
}

// close ends all its processes.
func (p *program) close() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // whatever still runs is not waited for
	_ = p.host.Stop(ctx)
}

// Manifest starts the connector in a file and returns what it says about itself. Mistakes are an *InputError.
func Manifest(ctx context.Context, path string) (protocol.Manifest, error) {
	p, err := open(ctx, path, 0)
	if err != nil {
		return protocol.Manifest{}, err
	}
	defer p.close()
	err = p.start(ctx)
	return p.manifest, err
}

// line is the gateway of a program's processes: whichever was put through last.
type line struct {
	mu sync.Mutex
	to *conformance.Gateway
}

var _ protocol.Gateway = (*line)(nil)

func (l *line) put(to *conformance.Gateway) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

// Do implements protocol.Gateway.
func (l *line) Do(ctx context.Context, ticket string, req protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	l.mu.Lock()
	to := l.to
	l.mu.Unlock()
	if to == nil {
		return protocol.HTTPResponse{}, errors.New("no call is under way")
	}
	return to.Do(ctx, ticket, req)
}

// output collects what a program prints, out of the host's log.
type output struct {
	mu    sync.Mutex
	lines []string
	first chan struct{} // closed with the first line
}

// Enabled implements slog.Handler.
func (*output) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (o *output) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "line" {
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.lines = append(o.lines, a.Value.String()); len(o.lines) == 1 {
				close(o.first)
			}
		}
		return true
	})
	return nil
}

// WithAttrs implements slog.Handler.
func (o *output) WithAttrs([]slog.Attr) slog.Handler { return o }

// WithGroup implements slog.Handler.
func (o *output) WithGroup(string) slog.Handler { return o }

// lastWords returns what a program said that ended: its pipe may be read a moment after its end was noticed.
func (o *output) lastWords() string {
	timeout := time.NewTimer(time.Second)
	defer timeout.Stop()
	select {
	case <-o.first:
	case <-timeout.C:
	}
	return o.text()
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.lines, "\n")
}

// probe is one gateway in memory, behind which a provider answers.
type probe struct {
	program *program
	gateway *conformance.Gateway

	mu   sync.Mutex
	logs strings.Builder
}

// probe puts the program through to a provider.
func (p *program) probe(settings json.RawMessage, provider http.Handler) *probe {
	_ = p.host.Restart(p.name) // what an earlier call has broken is no reason to refuse this one
	gateway := conformance.NewGateway(p.manifest.Auth, settings, provider)
	p.line.put(gateway)
	return &probe{program: p, gateway: gateway}
}

func (p *probe) call() protocol.Call {
	return protocol.Call{
		Ticket: conformance.Ticket, ConnectionID: "con_check", Settings: p.gateway.Settings(),
		RunID: "run_check", StepID: "step", Attempt: 1, IdempotencyKey: "run_check:step",
	}
}

func (p *probe) invoke(ctx context.Context, action string, input json.RawMessage) (protocol.Result, error) {
	return p.program.connector.Invoke(ctx, protocol.Invocation{Call: p.call(), Action: action, Input: input}, func(l protocol.LogLine) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.logs.WriteString(l.Message + "\n")
	})
}

// said is all that a call said besides its output.
func (p *probe) said(err error) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.logs.String()
	var f *protocol.Failure
	if errors.As(err, &f) {
		text += f.Message + "\n" + f.Detail + "\n" + f.Field
	}
	return text
}
