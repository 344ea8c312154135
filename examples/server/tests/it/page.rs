//! The page: from the binary, or from a folder.

use hyper::{Method, StatusCode, header};

use crate::client::{get, request, send};
use crate::server::{Server, program};

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_page_is_served_under_a_strict_policy() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    for (path, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/main.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
    ] {
        let response = get(server.address, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], content_type);
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let tag = response.headers()[header::ETAG].to_str().unwrap();
        let again = request(Method::GET, path, &[("if-none-match", tag)], b"");
        let again = send(server.address, again).await.unwrap();
        assert_eq!(
            (again.status(), again.body().len()),
            (StatusCode::NOT_MODIFIED, 0)
        );
    }
    for path in [
        "/tests/package.json",
        "/package.json",
        "/nothing.js",
        "/..%2fCargo.toml",
        "/api",
    ] {
        assert_eq!(
            get(server.address, path).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_replaces_the_embedded_page_and_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page");
    std::fs::create_dir(&page).unwrap();
    std::fs::write(folder.path().join("secret.js"), "secret").unwrap();
    let mut program = program(folder.path());
    program.args(["--frontend-dir", "page"]);
    let server = Server::run(program).await;
    assert_eq!(get(server.address, "/").await.status(), StatusCode::NOT_FOUND);
    for text in ["<p>one", "<p>two"] {
        std::fs::write(page.join("index.html"), text).unwrap();
        assert_eq!(get(server.address, "/").await.body(), text);
    }
    for path in ["/..%2fsecret.js", "/../secret.js", "/main.js"] {
        assert_eq!(
            get(server.address, path).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
