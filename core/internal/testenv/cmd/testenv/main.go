// Command testenv runs a command with the servers that tests need:
//
//	testenv [--fast] -- go test ./...
//
// It ends with the command's exit code, once its servers are stopped and removed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/cordboard/cordboard/core/internal/testenv"
)

func main() {
	fast := flag.Bool("fast", false, "run Postgres without fsync")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: testenv [--fast] -- command [argument ...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	code, err := run(*fast, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
	}
	os.Exit(code)
}

func run(fast bool, command []string) (code int, err error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	setup, err := up(signals, fast)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, setup.Close()) }()
	for _, line := range setup.Report {
		fmt.Fprintln(os.Stderr, "testenv:", line)
	}
	if setup.Missing && os.Getenv("CI") == "true" {
		return 1, errors.New("CI=true wants every suite to run")
	}

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), setup.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a signal to us is passed on once, to the whole group
	if err := cmd.Start(); err != nil {
		return 127, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			_ = syscall.Kill(-cmd.Process.Pid, sig.(syscall.Signal))
		case err := <-ended:
			return exitCode(cmd.ProcessState), ignoreExit(err)
		}
	}
}

// up brings up the servers. A signal meanwhile gives up.
func up(signals <-chan os.Signal, fast bool) (*testenv.Setup, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case sig := <-signals:
			cancel(fmt.Errorf("%v", sig))
		case <-done:
		}
	}()
	return testenv.Up(ctx, fast)
}

// exitCode follows the shells: 128 and the signal's number for a command that a signal ended.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// ignoreExit drops the error that only says that the exit code is not zero.
func ignoreExit(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil
	}
	return err
}
