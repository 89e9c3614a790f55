import Mail
import Signing

/// Keys that everybody knows, or that were made for these tests: nothing else is signed with them.
enum PublishedKeys {
    /// RFC 8463 appendix A.1, of 1,024 bits.
    static let rsa = """
        -----BEGIN RSA PRIVATE KEY-----
        MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi
        Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM
        KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB
        AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm
        6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe
        zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy
        6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc
        uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy
        WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd
        WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a
        licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst
        o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe
        uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL
        -----END RSA PRIVATE KEY-----
        """

    /// RFC 8463 appendix A.1, with the frame of RFC 8410 section 7 around it.
    static var ed25519: String {
        let frame: [UInt8] = [0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
        let seed = Base64.decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=") ?? []
        return "-----BEGIN PRIVATE KEY-----\n\(Base64.encoded(frame + seed))\n-----END PRIVATE KEY-----\n"
    }

    static let shortRSA = """
        -----BEGIN PRIVATE KEY-----
        MIIB5QIBADANBgkqhkiG9w0BAQEFAASCAc8wggHLAgEAAmEAx8kj2LSlIiHJT3Jv
        DKOJUbaUzV9xEIKJ/bQXJcyJGQv4RTKt5K2fcplM/cf5ZCxhrbgIut9sdH6QEYIM
        TE1CGn4ei93xUpoa1oxcfDKLp696clQ/ogFKllI5TYe/Fd3DAgMBAAECYAYPb+ru
        7+NtKvIiAoRboZq88x6XupJJo23yvJEE91OvLUTMGMJLEf8j71Xzbvk+71ndlW6m
        6eZqzeeXhprVzY6cK+fmMEqzP8Rt2ez3HQPsWDbZX4b3zrxeLIidkgBIYQIxAOy4
        d4ey3MPmx4xsU4arNCXQCXxcbtAMCqr2YhNEeNMpSsl4R58Ung+jTgrE+9UQpwIx
        ANgOmGF82CVtgSD5G+FlOSuSdV+XHnfMEkWlpIrKytdwiN/E/7GgOJuvUWeTjXHx
        hQIwYWIuAkxJ1+nL8+/omME7zcZ88IVSLRKXHOgJRuXnUu9szd9Gj6I6uDI1e+a3
        t1qHAjEAqj4V4/szdYprjUe8qEXSXnrw8XlqEItEeoyisppIaqnJsEjSEWxmLoZe
        ZnblpTrhAjEAygz5g+bNIss5uqB7pmr3fpwIzLAjrjfOyZhINQOHw7WrGKvXqDYD
        fXQzMDw0yW90
        -----END PRIVATE KEY-----
        """

    static let p256 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzsUjmcw3miu4jwaU
        xW8a2u839Iszml1pHGSsBm/CcpahRANCAASy9vTwFvUvFqJVTL6srSWMgLDtj0Qp
        e3G6X2HtRcBJR6/j5vdez5gDf545AKCzuMkqntIJXu73WLTAVGmcY4Mw
        -----END PRIVATE KEY-----
        """

    static let withPassphrase = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhWaij6kXtQDwICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEPR+c0xr2J4AsvYZPnN8qQ4EQAfK
        AcUly2Id6WKr2k6N8igNipYh31r5wZ4t22ETIbbXV2ZXj7Yy4nteDppFAsZJVQgh
        CEcQ01xv34eNNpvOXZc=
        -----END ENCRYPTED PRIVATE KEY-----
        """

    static let publicHalf = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAAXJw1dcFRiLb0OxMIqTR3c5Cyga4SMdPOMFlKkQzTII=
        -----END PUBLIC KEY-----
        """

    static func key(_ pem: String) throws -> DKIMKey { try DKIMKey(pem: Array(pem.utf8), named: "key.pem") }
}
