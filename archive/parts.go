package archive

import (
	"bufio"
	"io"
)

// parts cuts a stream into parts of partSize bytes; only the last is shorter.
type parts struct {
	from *bufio.Reader
	buf  []byte
}

// next returns the next part, which is valid until it is called again, and
// whether it is the last. Only io.EOF ends the stream: io.ErrUnexpectedEOF is
// how HTTP says that a body was cut off.
func (p *parts) next() (part []byte, last bool, err error) {
	n := 0
	for n < partSize {
		if n == len(p.buf) {
			p.grow()
		}
		read, err := p.from.Read(p.buf[n:])
		n += read
		if err == io.EOF { // itself: what wraps it is a connection that broke
			return p.buf[:n], true, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	if _, err := p.from.Peek(1); err == io.EOF {
		return p.buf[:n], true, nil
	} else if err != nil {
		return nil, false, err
	}
	return p.buf[:n], false, nil
}

// grow enlarges the buffer, so that what is small costs little.
func (p *parts) grow() {
	buf := make([]byte, min(partSize, max(16<<10, 4*len(p.buf))))
	copy(buf, p.buf)
	p.buf = buf
}
