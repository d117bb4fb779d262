# The same as ../aws/berth.yaml: the bucket, the queue of its events, and the principals that speak to it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  by_sns     = var.event_route == "SNS"
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket_name}"
  # The second of each pair is for profiles with a prefix.
  staging = ["${local.bucket_arn}/staging/*", "${local.bucket_arn}/*/staging/*"]
  objects = ["${local.bucket_arn}/objects/*", "${local.bucket_arn}/*/objects/*"]
}

resource "aws_s3_bucket" "uploads" {
  bucket = var.bucket_name

  # The objects are the product; a mistaken destroy must not take them along.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "uploads" {
  bucket                  = aws_s3_bucket.uploads.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# Suspended is not the same as never enabled, so a bucket without versions has no such resource.
resource "aws_s3_bucket_versioning" "uploads" {
  count  = var.versioning ? 1 : 0
  bucket = aws_s3_bucket.uploads.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_cors_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  cors_rule {
    id              = "berth"
    allowed_origins = var.origins
    allowed_methods = ["PUT", "GET", "HEAD"]
    allowed_headers = ["content-type", "if-none-match", "x-amz-checksum-sha256"]
    expose_headers  = ["ETag", "x-amz-request-id"]
    max_age_seconds = 600
  }
}

# Berth tidies up by itself; this is for a Berth that is gone. Nothing ever expires objects/.
resource "aws_s3_bucket_lifecycle_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    id     = "berth-staging"
    status = "Enabled"

    filter {
      prefix = "staging/"
    }

    expiration {
      days = 14
    }
  }

  rule {
    id     = "berth-unfinished"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  rule {
    id     = "berth-old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    # What a deletion leaves in place of the object, once the versions below it are gone.
    expiration {
      expired_object_delete_marker = true
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "NoPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # Greater than, in milliseconds: this shortens lives, it never lengthens one.
  statement {
    sid       = "NoOldSlots"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = local.staging

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "NumericGreaterThan"
      variable = "s3:signatureAge"
      values   = [tostring(var.longest_slot_milliseconds)]
    }
  }

  statement {
    sid           = "NoPresignedWritesOutsideStaging"
    effect        = "Deny"
    actions       = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    not_resources = local.staging

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:authType"
      values   = ["REST-QUERY-STRING"]
    }
  }

  statement {
    sid           = "NoPresignedReadsOutsideObjects"
    effect        = "Deny"
    actions       = ["s3:GetObject", "s3:GetObjectVersion"]
    not_resources = local.objects

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:authType"
      values   = ["REST-QUERY-STRING"]
    }
  }
}

resource "aws_s3_bucket_policy" "uploads" {
  bucket = aws_s3_bucket.uploads.id
  policy = data.aws_iam_policy_document.bucket.json
}
