package alert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Mail sends letters through one mail server.
type Mail struct {
	host    string
	options []mail.Option
	dial    mail.DialContextFunc
	from    string
	domain  string // of the sender, for Message-IDs
}

const mailTimeout = 20 * time.Second

// NewMail returns a Mail for a server given as smtp://user:password@host:587, which must offer STARTTLS if there is a
// password, or as smtps://. Nothing is dialled until a letter is sent.
func NewMail(server, from string) (*Mail, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("CORDBOARD_SMTP_URL: must be smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	m := &Mail{host: u.Hostname(), dial: (&net.Dialer{}).DialContext, from: from, options: []mail.Option{mail.WithTimeout(mailTimeout)}}
	password, secret := u.User.Password()
	port := 587
	switch {
	case u.Scheme == "smtps":
		port = 465
		m.dial = (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext
		m.options = append(m.options, mail.WithSSL())
	case secret: // which must not be read by others on its way
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if u.Port() != "" {
		port, _ = strconv.Atoi(u.Port()) // url.Parse takes numbers only
	}
	if secret {
		m.options = append(m.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	m.options = append(m.options, mail.WithPort(port))
	if _, err := mail.NewClient(m.host, m.options...); err != nil {
		return nil, fmt.Errorf("CORDBOARD_SMTP_URL: %w", err)
	}
	if err := mail.NewMsg().From(from); err != nil {
		return nil, errors.New("CORDBOARD_SMTP_FROM: must be an e-mail address, such as Cordboard <cordboard@example.com>; it is needed with CORDBOARD_SMTP_URL")
	}
	_, m.domain, _ = strings.Cut(strings.Trim(from[strings.LastIndex(from, "<")+1:], "<> "), "@")
	return m, nil
}

// Send sends a letter. Its error never holds the password.
func (m *Mail) Send(ctx context.Context, l Letter) error {
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(m.from), msg.To(l.Recipient)); err != nil {
		return fmt.Errorf("%w: %w", errAddress, err)
	}
	msg.SetMessageIDWithValue(l.ID + "@" + m.domain)
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // so that absence notes don't answer
	msg.Subject(strings.Join(strings.Fields(l.Subject), " "))
	msg.SetBodyString(mail.TypeTextPlain, l.Body)
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	// The library leaves a connection open on which TLS could not begin.
	var conn net.Conn
	client, err := mail.NewClient(m.host, append(slices.Clone(m.options), mail.WithDialContextFunc(func(ctx context.Context, network, address string) (_ net.Conn, err error) {
		conn, err = m.dial(ctx, network, address)
		return conn, err
	}))...)
	if err != nil {
		return err
	}
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	return client.DialAndSendWithContext(ctx, msg)
}

var errAddress = errors.New("address")

// refused reports whether a server will never take a letter.
func refused(err error) bool {
	var send *mail.SendError
	return errors.Is(err, errAddress) || errors.As(err, &send) && send.ErrorCode() >= 500
}
