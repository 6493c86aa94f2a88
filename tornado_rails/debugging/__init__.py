"""What an error page shows while an application is worked on: imported when such a page is made, and never else."""
