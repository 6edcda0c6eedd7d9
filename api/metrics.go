package api

import (
	"time"

	"github.com/gin-gonic/gin"
)

// measure counts requests as they were answered.
func (s *server) measure(c *gin.Context) {
	begun := time.Now()
	defer func() { s.Metrics.Request(c.FullPath(), c.Request.Method, c.Writer.Status(), time.Since(begun)) }()
	c.Next()
}
