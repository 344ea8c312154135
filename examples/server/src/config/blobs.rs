//! Where uploads and results lie.

use std::path::PathBuf;
use std::str::FromStr;

/// A blob store by its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlobsUrl {
    /// `file:PATH`: a folder.
    File(PathBuf),
    /// `memory:`: nothing survives the process.
    Memory,
}

impl FromStr for BlobsUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        match url.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("s3", _)) => {
                Err("this build has no S3 blob store yet; use file:PATH or memory:".to_owned())
            }
            _ => Err("a blob store is file:PATH or memory:".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_store_is_read_from_its_url() {
        assert_eq!("memory:".parse(), Ok(BlobsUrl::Memory));
        assert_eq!("file:data/blobs".parse(), Ok(BlobsUrl::File("data/blobs".into())));
    }

    #[test]
    fn what_is_no_blob_store_is_refused() {
        for url in ["", "file:", "data/blobs", "gs://bucket"] {
            assert!(url.parse::<BlobsUrl>().is_err(), "{url}");
        }
        let s3 = "s3://bucket/prefix".parse::<BlobsUrl>().unwrap_err();
        assert!(s3.contains("no S3 blob store"), "{s3}");
    }
}
