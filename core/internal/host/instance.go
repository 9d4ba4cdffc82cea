package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/wire"
)

// instance is a running connector process with its connection.
type instance struct {
	connector protocol.Connector
	process   *process
	conn      *grpc.ClientConn

	// Guarded by the supervisor.
	calls   int           // under way
	retired bool          // takes no more calls and ends with the last one
	late    int           // calls in a row that passed their deadline
	left    int           // calls in all that did
	noted   chan struct{} // closed when its end was noted
	doubt   chan struct{} // while it is asked whether it answers at all; else nil
}

// unclear is closed when it is known how the instance is doing; nil: it may be called. The caller holds the supervisor's lock.
func (i *instance) unclear() <-chan struct{} {
	select {
	case <-i.process.done:
		return i.noted
	default:
		return i.doubt
	}
}

// alive asks the process whether it still answers.
func (i *instance) alive(timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	_, err := grpc_health_v1.NewHealthClient(i.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: plugin.GRPCServiceName})
	return err == nil
}

// program is a file in the plugin folder.
type program struct {
	name   string
	path   string
	sha256 string // in hex; what the file must have to be run
}

// open returns the file and its checksum. A link is not followed: what it leads to could change.
func (p program) open() (*os.File, string, error) {
	file, err := os.OpenFile(p.path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, "", errors.New("its file is missing")
		}
		return nil, "", fmt.Errorf("its file cannot be opened: %w", err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	hash := sha256.New()
	if err == nil {
		_, err = io.Copy(hash, file)
	}
	if err != nil {
		_ = file.Close()
		return nil, "", fmt.Errorf("its file cannot be read: %w", err)
	}
	return file, hex.EncodeToString(hash.Sum(nil)), nil
}

// How much of an answer arrives before the gateway has asked for the rest of it, in bytes: of one call, and of all together.
// Without bounds of our own they grow with the speed of the far end, and what is refused would have been carried first. An answer that
// is taken is asked for as a whole once its length is known, so that a small window costs it nothing; it is the smallest there is.
const (
	window  = 64 << 10
	windows = 1 << 20
)

// carried bounds what the gateway takes from a connector's process.
func carried() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxReply), grpc.MaxCallSendMsgSize(wire.MaxRequest)),
		grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(windows),
	}
}

// launch starts a process of the program and connects to it, within the start timeout. The file is opened once: what
// was checked is what is executed.
func (h *Host) launch(p program, out *output, nice int) (*instance, error) {
	file, sum, err := p.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if sum != p.sha256 {
		return nil, ErrChanged
	}
	c := cell{Program: filepath.Base(p.path), Walls: h.walls, Direct: h.isDirect(p)}
	if c.Direct {
		c.Walls = c.Walls.without(NoNetwork)
	}
	if c.Folder, err = os.MkdirTemp(h.dir, ""); err != nil {
		return nil, fmt.Errorf("its folder: %w", err)
	}
	if isScript(file) {
		c.Beside = filepath.Dir(p.path)
	}
	process := newProcess(h.launcher, file, c, out, nice)
	if process.group, err = h.groups.make(); err != nil {
		_ = os.RemoveAll(c.Folder)
		return nil, err
	}
	process.group.into(process.cmd.SysProcAttr)
	asking := wire.Host{
		Gateway: pacedGateway{h.gateway, newPace(h.askRate, h.askRate, out.faults)},
		Ignored: func() { out.faults.note(SecondReply) },
	}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake,
		VersionedPlugins: asking.Plugins(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     h.startTimeout,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: c.Folder},
		GRPCDialOptions:  carried(),
		SyncStdout:       out.lines(process.done),
		SyncStderr:       out.lines(process.done),
		Stderr:           io.Discard,
		Logger:           hclog.NewNullLogger(),
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, _ string) (runner.Runner, error) {
			process.cmd.Env = spec.Env
			if !h.walls.Has(OwnTemporary) {
				process.cmd.Env = append(process.cmd.Env, "TMPDIR="+c.Folder)
			}
			return process, nil
		},
	})
	type outcome struct {
		instance *instance
		err      error
	}
	result := make(chan outcome, 1)
	go func() {
		i, err := connect(client, process)
		result <- outcome{i, err}
	}()
	timeout := time.NewTimer(h.startTimeout)
	defer timeout.Stop()
	select {
	case o := <-result:
		if o.err != nil {
			process.end()
			h.reaping.Go(func() { cleanUp(client, process, c) })
			return nil, notStarted(o.err)
		}
		h.reaping.Go(func() { <-process.done; cleanUp(client, process, c) })
		return o.instance, nil
	case <-timeout.C:
		process.end()
		h.reaping.Go(func() { <-result; cleanUp(client, process, c) })
		return nil, fmt.Errorf("it does not start: no handshake within %v", h.startTimeout)
	}
}

// notStarted says for a person why there was no handshake.
func notStarted(err error) error {
	if strings.Contains(err.Error(), "ncompatible API version") {
		return errors.New("it speaks a version of the protocol that this gateway does not know; upgrade the older of the two")
	}
	return fmt.Errorf("it does not start: %s", clean(err.Error(), tailLine))
}

// cleanUp takes away what a process that is gone has left. It may take seconds: callers do not wait for it.
func cleanUp(client *plugin.Client, p *process, c cell) {
	client.Kill()
	p.group.remove()
	_ = os.RemoveAll(c.Folder)
}

// isScript reports whether a file is run by another program, which may load more from beside it.
func isScript(file *os.File) bool {
	start := make([]byte, 2)
	_, err := file.ReadAt(start, 0)
	return err == nil && string(start) == "#!"
}

// connect shakes hands and attaches the gateway. It may block for as long as the process lives.
func connect(client *plugin.Client, process *process) (*instance, error) {
	rpc, err := client.Client()
	if err != nil {
		return nil, err
	}
	dispensed, err := rpc.Dispense(wire.PluginName)
	if err != nil {
		return nil, err
	}
	connector, ok := dispensed.(protocol.Connector)
	link, linked := rpc.(*plugin.GRPCClient)
	if !ok || !linked {
		return nil, errors.New("it serves something else than a connector")
	}
	return &instance{connector: connector, process: process, conn: link.Conn, noted: make(chan struct{})}, nil
}
