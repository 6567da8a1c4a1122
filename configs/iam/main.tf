# GitHub's OpenID Connect provider, and the role with its trust policy. permission-policy.tf says what the role may do.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

variable "create_provider" {
  description = "An account has one provider of GitHub; false where it has it already."
  type        = bool
  default     = true
}

resource "aws_iam_openid_connect_provider" "github" {
  count          = var.create_provider ? 1 : 0
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "watch_pending" {
  name                 = "watch-pending"
  description          = "Launches EC2 instances for pending build requests, from a GitHub workflow"
  max_session_duration = 3600
  assume_role_policy   = file("${path.module}/trust-policy.json")
  depends_on           = [aws_iam_openid_connect_provider.github]
}

output "role_arn" {
  description = "The repository variable AWS_ROLE_ARN"
  value       = aws_iam_role.watch_pending.arn
}
